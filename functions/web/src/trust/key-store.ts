// The keys that this browser keeps for its person: an expert's device, an administrator's approver. Not extractable, in
// IndexedDB, so that they stay here and end with the browser's data.

import type { Id } from "../call/types.ts";
import type { Memory } from "./approver.ts";
import type { Device } from "./handshake.ts";
import type { Key } from "./statements.ts";

/** What is kept of a device: certified, or not yet. */
export interface StoredDevice {
  signing: CryptoKeyPair;
  sealing: CryptoKeyPair;
  /** The signed `device-request`, base64url. */
  request: string;
  /** The service has taken the request. */
  asked?: boolean;
  /** What it was certified under first, or what follows that; another one is taken only where the expert says so. */
  siteKey?: Key;
  former?: Former;
  /** From here on as the service last told it. */
  certificate?: string;
  approver?: string;
  succession?: string;
}

/** A site key before the one that certifies this browser now: how long it counts here, in seconds since 1970. */
export interface Former {
  siteKey: Key;
  until: number;
}

/** An administrator's approver key, what certifies it (base64url), and what this browser remembers. */
export interface StoredApprover {
  key: CryptoKeyPair;
  certificate: string;
  memory: Memory;
  former?: readonly Former[];
}

interface Stored {
  devices: StoredDevice;
  approvers: StoredApprover;
}

const DATABASE = "visavis.trust";

/** Where keys are kept, each under its organisation and person. */
export class KeyStore {
  #opened: Promise<IDBDatabase> | undefined;

  /** What is kept for `person` of `organisation`; throws where the browser keeps nothing. */
  async read<Kind extends keyof Stored>(kind: Kind, organisation: Id, person: Id): Promise<Stored[Kind] | undefined> {
    const transaction = (await this.#open()).transaction(kind, "readonly");
    return settled<Stored[Kind] | undefined>(transaction.objectStore(kind).get(`${organisation}/${person}`));
  }

  /** What is kept for anybody of `organisation`. */
  async all<Kind extends keyof Stored>(kind: Kind, organisation: Id): Promise<Stored[Kind][]> {
    const transaction = (await this.#open()).transaction(kind, "readonly");
    const names = IDBKeyRange.bound(`${organisation}/`, `${organisation}/\uffff`);
    return settled<Stored[Kind][]>(transaction.objectStore(kind).getAll(names));
  }

  /** For whom something is kept: `organisation/person`. */
  async names(kind: keyof Stored): Promise<string[]> {
    const transaction = (await this.#open()).transaction(kind, "readonly");
    return settled<IDBValidKey[]>(transaction.objectStore(kind).getAllKeys()).then((names) => names.map(String));
  }

  /** Keeps `value` in the place of what was there. */
  async write<Kind extends keyof Stored>(kind: Kind, organisation: Id, person: Id, value: Stored[Kind]): Promise<void> {
    await this.#change(kind, (store) => store.put(value, `${organisation}/${person}`));
  }

  /** Keeps `value` where nothing was there, and answers what is kept now: of two tabs the first has made the keys. */
  async add<Kind extends keyof Stored>(
    kind: Kind,
    organisation: Id,
    person: Id,
    value: Stored[Kind],
  ): Promise<Stored[Kind]> {
    let kept = value;
    await this.#change(kind, (store) => {
      const name = `${organisation}/${person}`;
      const there = store.get(name);
      there.onsuccess = () => {
        if (there.result === undefined) store.put(value, name);
        else kept = there.result as Stored[Kind];
      };
    });
    return kept;
  }

  async remove(kind: keyof Stored, organisation: Id, person: Id): Promise<void> {
    await this.#change(kind, (store) => store.delete(`${organisation}/${person}`));
  }

  async #change(kind: keyof Stored, work: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = (await this.#open()).transaction(kind, "readwrite", { durability: "strict" });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    work(transaction.objectStore(kind));
    await done;
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= new Promise((resolve, reject) => {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("devices");
        opening.result.createObjectStore("approvers");
      };
      opening.onsuccess = () => {
        // Another version of this page may want to change the database.
        opening.result.onversionchange = () => {
          opening.result.close();
          this.#opened = undefined;
        };
        resolve(opening.result);
      };
      opening.onerror = () => {
        this.#opened = undefined;
        reject(opening.error);
      };
    });
    return this.#opened;
  }
}

export const keyStore = new KeyStore();

/** This browser's device for `expert`, once it is certified; the visitor's side judges whether the certificate is good. */
export async function loadDevice(organisation: Id, expert: Id): Promise<Device | undefined> {
  const stored = await keyStore.read("devices", organisation, expert);
  if (stored?.certificate === undefined || stored.approver === undefined) return undefined;
  const { signing, sealing, certificate, approver, succession } = stored;
  return { signing, sealing, certificate, approver, ...(succession === undefined ? {} : { succession }) };
}

/** Whether this browser can make and keep such keys at all. */
export async function keysSupported(): Promise<boolean> {
  try {
    await Promise.all([
      crypto.subtle.generateKey("Ed25519", false, ["sign"]),
      crypto.subtle.generateKey("X25519", false, ["deriveBits"]),
    ]);
    return globalThis.indexedDB !== undefined;
  } catch {
    return false;
  }
}

function settled<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
