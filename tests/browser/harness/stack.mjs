// The running service that the suites are pointed at, and organisations made in it for one test each.

import { readFile } from "node:fs/promises";

/**
 * What `cargo xtask up` writes when everything answers.
 *
 * @typedef {object} Ready
 * @property {string} service the service's origin
 * @property {string} operator_key
 * @property {{ binary: string, secret: string, address: string }} relay
 */

/** @returns {Promise<Ready>} */
export async function ready() {
  const path = process.env.VISAVIS_READY ?? ".visavis/ready.json";
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new Error(`no running stack described in ${path} (VISAVIS_READY); start one with \`cargo xtask up\``, {
      cause: error,
    });
  }
}

/**
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: unknown }} [options]
 */
export async function call(url, { method = "POST", headers = {}, body } = {}) {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status} ${text}`);
  return { response, json: text === "" ? undefined : JSON.parse(text) };
}

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string[]} roles
 * @property {string} sign_in_url to open once
 */

/**
 * A new organisation with the people named, each an expert, and two administrators: one for the suite's own requests, one for a test.
 *
 * @param {Ready} stack
 * @param {{ origin: string, names: string[], contact?: string }} wanted
 */
export async function createOrganisation(stack, { origin, names, contact }) {
  const person = (/** @type {string} */ name, /** @type {string[]} */ roles) => ({
    name,
    title: "Adviser",
    email: `${name.toLowerCase().replaceAll(" ", ".")}@example.org`,
    roles,
  });
  const { json } = await call(`${stack.service}/api/v1/operator/organisations`, {
    headers: { authorization: `Bearer ${stack.operator_key}` },
    body: {
      name: "Garden Tools Ltd",
      accent: "#0a6b4f",
      ...(contact ? { contact } : {}),
      origins: [origin],
      people: [
        ...names.map((name) => person(name, ["expert"])),
        person("Olga Office", ["administrator"]),
        person("Oskar Office", ["administrator"]),
      ],
    },
  });
  /** @type {Person[]} */
  const people = json.people;
  const administrators = people.filter(({ roles }) => roles.includes("administrator"));
  return { id: /** @type {string} */ (json.organisation.id), people, administrators };
}

/**
 * Signs a person in as a browser would, and returns what the session gives.
 *
 * @param {Ready} stack
 * @param {Person | undefined} person
 * @param {"expert" | "administrator"} role
 */
export async function signIn(stack, person, role) {
  if (!person) throw new Error("no such person in the organisation");
  const secret = new URLSearchParams(new URL(person.sign_in_url).hash.slice(1)).get("sign-in");
  const origin = stack.service;
  const { response } = await call(`${stack.service}/api/v1/sign-in`, { headers: { origin }, body: { secret } });
  const cookie = (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const session = await sessionToken(stack, cookie, role);
  return { cookie, token: /** @type {string} */ (session.token), session };
}

/** What a session gives now: a token, for ten minutes. @param {Ready} stack @param {string} cookie @param {"expert" | "administrator"} role */
export async function sessionToken({ service }, cookie, role) {
  const headers = { origin: service, cookie };
  return (await call(`${service}/api/v1/session/token`, { headers, body: { role } })).json;
}

/** The snippet that the console gives an administrator to copy. @param {Ready} stack @param {string} token */
export async function snippet(stack, token) {
  const { json } = await call(`${stack.service}/api/v1/snippet`, {
    method: "GET",
    headers: { authorization: `Bearer ${token}`, origin: stack.service },
  });
  return { html: /** @type {string} */ (json.html), policy: /** @type {string} */ (json.content_security_policy) };
}
