// The routes of the console, typed.

import type { Api } from "../call/api.ts";
import type { Id, StaffRole, Time } from "../call/types.ts";
import type { StaffSession } from "../staff/session.ts";
import type { CheckReason } from "../trust/failure.ts";

export interface Organisation {
  id: Id;
  name: string;
  accent: string;
  contact?: string;
  origins: string[];
}

export interface Person {
  id: Id;
  name: string;
  title?: string;
  email: string;
  roles: StaffRole[];
  active: boolean;
  signed_in_at?: Time;
}

export interface SignInLink {
  url: string;
  expires_at: Time;
}

export interface Snippet {
  html: string;
  integrity: string;
  script_url: string;
  content_security_policy: string;
}

export interface Report {
  id: Id;
  directive: string;
  blocked: string;
  page: string;
  count: number;
  first_at: Time;
  last_at: Time;
}

/** The answer of `GET /trust`; statements are base64url, as docs/handshake.md has them. */
export interface Trust {
  site_keys: string[];
  successions: string[];
  approvers: { certificate: string; person: { id: Id; name: string; active: boolean }; revoked: boolean }[];
  devices: {
    id: string;
    expert: { id: Id; name: string; title?: string; active: boolean };
    request: string;
    certificate?: string;
    state: "pending" | "certified" | "revoked";
    requested_at: Time;
  }[];
  revocations?: string;
  retirements: Retirement[];
}

/** A site key that was given up. */
export interface Retirement {
  site_key: string;
  because: "lost" | "stolen";
  by: { id: Id; name: string };
  at: Time;
}

/** Checks of the handshake that failed, as the two sides of calls told. */
export interface Alarm {
  reason: CheckReason;
  side: "visitor" | "expert";
  count: number;
  first_at: Time;
  last_at: Time;
}

export type PersonInput = Pick<Person, "name" | "title" | "email" | "roles">;

/** Every method throws a `Problem`; a token that has just run out is renewed on the way. */
export class ConsoleClient {
  #api: Api;
  #session: StaffSession;

  constructor(api: Api, session: StaffSession) {
    this.#api = api;
    this.#session = session;
  }

  organisation(): Promise<Organisation> {
    return this.#ask("GET", "/organisation");
  }

  changeOrganisation(change: Partial<Omit<Organisation, "id">>): Promise<Organisation> {
    return this.#ask("PATCH", "/organisation", change);
  }

  async people(): Promise<Person[]> {
    return (await this.#ask<{ people: Person[] }>("GET", "/people")).people;
  }

  async addPerson(person: PersonInput): Promise<Person> {
    return (await this.#ask<{ person: Person }>("POST", "/people", person)).person;
  }

  async changePerson(id: Id, change: Partial<Omit<PersonInput, "email"> & { active: boolean }>): Promise<Person> {
    return (await this.#ask<{ person: Person }>("PATCH", `/people/${id}`, change)).person;
  }

  signInLink(id: Id): Promise<SignInLink> {
    return this.#ask("POST", `/people/${id}/sign-in-link`, {});
  }

  snippet(): Promise<Snippet> {
    return this.#ask("GET", "/snippet");
  }

  async reports(): Promise<Report[]> {
    return (await this.#ask<{ reports: Report[] }>("GET", "/reports")).reports;
  }

  clearReports(): Promise<void> {
    return this.#ask("DELETE", "/reports");
  }

  trust(): Promise<Trust> {
    return this.#ask("GET", "/trust");
  }

  /** Every further site key needs the succession from one that is there. */
  addSiteKey(siteKey: string, succession?: string): Promise<void> {
    return this.#ask("POST", "/trust/site-keys", { site_key: siteKey, ...(succession ? { succession } : {}) });
  }

  /** Gives up all site keys, which must be these. */
  retire(siteKeys: string[], because: Retirement["because"]): Promise<void> {
    return this.#ask("POST", "/trust/retirements", { site_keys: siteKeys, because });
  }

  addApprover(certificate: string): Promise<void> {
    return this.#ask("POST", "/trust/approvers", { certificate });
  }

  addCertificates(certificates: string[]): Promise<void> {
    return this.#ask("POST", "/trust/certificates", { certificates });
  }

  putRevocations(revocations: string): Promise<void> {
    return this.#ask("PUT", "/trust/revocations", { revocations });
  }

  refuseDevice(id: string): Promise<void> {
    return this.#ask("DELETE", `/trust/devices/${id}`);
  }

  async alarms(): Promise<Alarm[]> {
    return (await this.#ask<{ alarms: Alarm[] }>("GET", "/alarms")).alarms;
  }

  clearAlarms(): Promise<void> {
    return this.#ask("DELETE", "/alarms");
  }

  #ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    return this.#session.run(() => this.#api.request<Answer>(method, path, body ? { body } : {}));
  }
}
