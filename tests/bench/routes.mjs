// The requests whose rate is measured, in calls that go on meanwhile.

import { randomBytes } from "node:crypto";

import { createOrganisation, signIn } from "../browser/harness/stack.mjs";
import { expert, ring, visitor } from "./client.mjs";

/** How many calls the signals are spread over: a mailbox that nobody reads is full after 512 entries. */
const CALLS = 24;

/** @typedef {{ status: number, request: (number: number) => import("./load.mjs").Request }} Route */

/**
 * The routes by name, and what ends the calls.
 *
 * @param {import("../browser/harness/stack.mjs").Ready} stack
 */
export async function signalling(stack) {
  const page = "http://127.0.0.1:9";
  const names = Array.from({ length: CALLS }, (_, number) => `Expert ${number}`);
  const organisation = await createOrganisation(stack, { origin: page, names });
  const office = await signIn(stack, organisation.administrators[0], "administrator");

  /** @type {{ call: string, headers: Record<string, string> }[]} */
  const calls = [];
  /** @type {import("./client.mjs").Client[]} */
  const clients = [];
  for (const person of organisation.people.filter(({ roles }) => roles.includes("expert"))) {
    const there = await expert(stack, person);
    const { client, call } = await visitor(stack, { id: organisation.id, origin: page });
    await client.stay("here");
    await client.request("POST", `/calls/${call}/ring`, ring(page, person.id));
    await there.request("POST", `/calls/${call}/answer`, { payload: randomBytes(2_000).toString("base64url") });
    calls.push({ call, headers: client.headers });
    clients.push(there, client);
  }

  const next = (/** @type {number} */ number) => /** @type {(typeof calls)[number]} */ (calls[number % calls.length]);
  const payload = randomBytes(600).toString("base64url");
  let signals = 0;
  /** Ids that differ are all that is asked of these. */
  const id = () => `019ab000-0000-7000-8000-${(signals++).toString(16).padStart(12, "0")}`;

  /** @type {Record<string, Route>} */
  const routes = {
    "GET availability": {
      status: 200,
      request: () => ({
        method: "GET",
        path: `/api/v1/organisations/${organisation.id}/availability`,
        headers: { origin: page },
      }),
    },
    "POST visitors (a token)": {
      status: 201,
      request: () => ({
        method: "POST",
        path: `/api/v1/organisations/${organisation.id}/visitors`,
        headers: { origin: page },
        body: {},
      }),
    },
    "POST session/token": {
      status: 200,
      request: () => ({
        method: "POST",
        path: "/api/v1/session/token",
        headers: { origin: stack.service, cookie: office.cookie },
        body: { role: "administrator" },
      }),
    },
    "PUT presence": {
      status: 200,
      request: (number) => ({
        method: "PUT",
        path: "/api/v1/presence",
        headers: next(number).headers,
        body: { state: "here" },
      }),
    },
    "GET calls/{call}": {
      status: 200,
      request: (number) => ({
        method: "GET",
        path: `/api/v1/calls/${next(number).call}`,
        headers: next(number).headers,
      }),
    },
    "POST signals": {
      status: 202,
      request: (number) => ({
        method: "POST",
        path: `/api/v1/calls/${next(number).call}/signals`,
        headers: next(number).headers,
        body: { id: id(), payload },
      }),
    },
  };
  const close = () => {
    for (const client of clients) client.close();
  };
  return { routes, close };
}
