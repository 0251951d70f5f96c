// Keeps so many requests under way at once for some seconds, and counts.

import http from "node:http";

import { percentile } from "./figures.mjs";

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} [headers]
 * @property {unknown} [body]
 */

/**
 * Requests per second, and how long the slowest hundredth took at least, in milliseconds.
 *
 * @param {string} origin
 * @param {(number: number) => Request} request the next one
 * @param {{ status: number, seconds?: number, connections?: number }} options `status`: any other is an error
 */
export async function load(origin, request, { status, seconds = 4, connections = 16 }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(origin);
  let number = 0;
  /** @type {number[]} */
  let times = [];
  const send = () =>
    new Promise((resolve, reject) => {
      const { method, path, headers = {}, body } = request(number++);
      const sent = performance.now();
      const text = body === undefined ? undefined : JSON.stringify(body);
      const onward = http.request({
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...(text ? { "content-type": "application/json" } : {}), ...headers },
      });
      onward.on("error", reject);
      onward.on("response", (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (chunk) => (answer += chunk));
        response.on("end", () => {
          times.push(performance.now() - sent);
          if (response.statusCode === status) resolve(undefined);
          else reject(new Error(`${method} ${path}: ${response.statusCode} instead of ${status}: ${answer}`));
        });
      });
      onward.end(text);
    });
  const begin = performance.now();
  let until = begin + 1_000;
  // The first second warms up and is not counted.
  const work = async () => {
    while (performance.now() < until) {
      await send();
    }
  };
  const round = () => Promise.all(Array.from({ length: connections }, work));
  try {
    await round();
    times = [];
    const counted = performance.now();
    until = counted + seconds * 1_000;
    await round();
    return {
      perSecond: times.length / ((performance.now() - counted) / 1_000),
      p99: percentile(times, 0.99),
    };
  } finally {
    agent.destroy();
  }
}
