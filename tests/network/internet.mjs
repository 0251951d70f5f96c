// A small internet of network namespaces: a public side, and homes, each behind its own NAT. Needs root.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../browser/harness/relay.mjs";
import { PATIENCE } from "../browser/harness/wait.mjs";
import { trusting } from "./authority.mjs";

/** The public side's address: the service and the TURN server. */
export const PUBLIC = "198.51.100.1";

/** Its name, as all homes know it. */
export const NAME = "turn.example.org";

const FORWARD = fileURLToPath(new URL("forward.mjs", import.meta.url));

/** @param {string} command */
const run = (command) => execFileSync("/bin/sh", ["-euc", command], { stdio: ["ignore", "ignore", "pipe"] });

/** Every name begins with it, so that what a killed run left behind can be told from another's. */
const PREFIX = `vv${process.pid}`;

/** @param {string} space */
function remove(space) {
  // What a browser left running there would keep the namespace alive; some of it ends by itself at this very moment.
  run(`ip netns pids ${space} | xargs -r kill -9 || true; ip netns delete ${space}; rm -rf /etc/netns/${space}`);
}

/** Removes what runs that were killed could not, and what an earlier test of this run did not. */
function sweep() {
  for (const [space = "", pid] of execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).matchAll(
    /^vv(\d+)-\w+/gm,
  )) {
    if (Number(pid) === process.pid || !existsSync(`/proc/${pid}`)) remove(space);
  }
}

/**
 * What a home's firewall lets out.
 *
 * @typedef {object} Firewall
 * @property {boolean} udp false: no datagram
 * @property {boolean} [turn] false: nor a connection to TURN's own port 3478
 */

export class Internet {
  /** @type {string[]} */ #spaces = [];
  /** @type {import("node:child_process").ChildProcess[]} */ #processes = [];
  #folder = "";
  #homes = 0;

  static async open() {
    if (process.getuid?.() !== 0) throw new Error("the network suite makes network namespaces: run it as root");
    sweep();
    const internet = new Internet();
    internet.#folder = await mkdtemp(join(tmpdir(), "visavis-network-"));
    internet.#space("public");
    run(`
      ip -n ${PREFIX}-public link add wan type bridge
      ip -n ${PREFIX}-public address add ${PUBLIC}/24 dev wan
      ip -n ${PREFIX}-public link set wan up
      ip -n ${PREFIX}-public route add default dev wan
    `);
    return internet;
  }

  /** @param {string} name */
  #space(name) {
    const space = `${PREFIX}-${name}`;
    run(`ip netns add ${space}`);
    this.#spaces.push(space);
    run(`ip -n ${space} link set lo up`);
    return space;
  }

  /**
   * A home behind a NAT that gives every connection a port of its own at random (symmetric, RFC 4787 "address and
   * port-dependent mapping"), so that no peer can reach it directly.
   *
   * @param {Firewall} firewall
   */
  async home({ udp, turn = true }) {
    this.#homes += 1;
    const number = this.#homes;
    const router = this.#space(`router${number}`);
    const inside = this.#space(`home${number}`);
    const dropped = [...(udp ? [] : ["meta l4proto udp"]), ...(turn ? [] : ["tcp dport 3478"])];
    const rules = dropped.map((what) => `add rule ip home through ${what} drop`);
    run(`
      ip -n ${PREFIX}-public link add home${number} type veth peer name wan netns ${router}
      ip -n ${PREFIX}-public link set home${number} master wan up
      ip -n ${router} address add 198.51.100.${10 + number}/24 dev wan
      ip -n ${router} link set wan up
      ip -n ${router} link add lan type veth peer name lan netns ${inside}
      ip -n ${router} address add 10.${number}.0.1/24 dev lan
      ip -n ${router} link set lan up
      ip -n ${inside} address add 10.${number}.0.2/24 dev lan
      ip -n ${inside} link set lan up
      ip -n ${inside} route add default via 10.${number}.0.1
      ip netns exec ${router} sysctl -q net.ipv4.ip_forward=1
      ip netns exec ${router} nft 'add table ip home
        add chain ip home out { type nat hook postrouting priority srcnat; }
        add rule ip home out oifname "wan" masquerade fully-random
        add chain ip home in { type filter hook input priority 0; }
        add rule ip home in iifname "wan" ct state new drop'
      ip netns exec ${router} nft 'add chain ip home through { type filter hook forward priority 0; }
        ${rules.join("\n")}'
    `);
    // `ip netns exec` puts it in the place of the system's.
    await mkdir(join("/etc/netns", inside), { recursive: true });
    await writeFile(join("/etc/netns", inside, "hosts"), `127.0.0.1 localhost\n${PUBLIC} ${NAME}\n`);
    const folder = join(this.#folder, `home${number}`);
    await mkdir(folder);
    return new Home(this, inside, folder);
  }

  /**
   * Starts a program in a namespace and waits for its line `ready`.
   *
   * @param {string} space `public`, or a home's full name; undefined: where this runs
   * @param {string} program
   * @param {string[]} args
   * @param {RegExp} sign what it says when it is ready
   */
  async start(space, program, args, sign = /^ready\b/m) {
    const inside = space === "public" ? `${PREFIX}-public` : space;
    const child = inside
      ? spawn("ip", ["netns", "exec", inside, program, ...args], { stdio: ["ignore", "pipe", "pipe"] })
      : spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#processes.push(child);
    let output = "";
    const isReady = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${program} is not ready: ${output}`)), PATIENCE);
      const hear = (/** @type {Buffer} */ chunk) => {
        output += chunk;
        if (!sign.test(output)) return;
        clearTimeout(late);
        resolve(undefined);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.on("exit", (code) => {
        clearTimeout(late);
        reject(new Error(`${program} ended with ${code}: ${output}`));
      });
    });
    await isReady;
    return child;
  }

  /**
   * Makes a TCP server of this machine reachable on the public side at the same port.
   *
   * @param {{ host: string, port: number }} server
   */
  async publish({ host, port }) {
    const socket = join(this.#folder, `${port}.sock`);
    await this.start("", process.execPath, [FORWARD, socket, `${host}:${port}`]);
    await this.start("public", process.execPath, [FORWARD, `${PUBLIC}:${port}`, socket]);
  }

  /** @param {string} name @param {string} content */
  async file(name, content) {
    const path = join(this.#folder, name);
    await writeFile(path, content);
    return path;
  }

  /** Where files of the test may be kept. */
  get folder() {
    return this.#folder;
  }

  async close() {
    const ended = this.#processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill();
      await exit;
    });
    await Promise.all(ended);
    for (const space of this.#spaces.reverse()) {
      remove(space);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export class Home {
  /** @param {Internet} internet @param {string} space @param {string} folder */
  constructor(internet, space, folder) {
    this.internet = internet;
    this.space = space;
    this.folder = folder;
  }

  /** A command that starts a program at home. @param {string} name @param {string} program */
  async #command(name, program) {
    const path = join(this.folder, name);
    await writeFile(path, `#!/bin/sh\nHOME=${this.folder} exec ip netns exec ${this.space} ${program} "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Chromium at home. @param {string} authority the certificate of one that it trusts */
  async chromium(authority) {
    await trusting(join(this.folder, ".pki/nssdb"), authority);
    return { executable: await this.#command("chromium", process.env.VISAVIS_CHROMIUM ?? "/usr/bin/chromium") };
  }

  /** Firefox at home. It is driven over a port of its loopback, which is brought here. @param {string} authority */
  async firefox(authority) {
    const profile = join(this.folder, "profile");
    await trusting(profile, authority);
    const port = await freePort();
    const socket = join(this.folder, "firefox.sock");
    await this.internet.start(this.space, process.execPath, [FORWARD, socket, `127.0.0.1:${port}`]);
    await this.internet.start("", process.execPath, [FORWARD, `127.0.0.1:${port}`, socket]);
    const executable = await this.#command("firefox", process.env.VISAVIS_FIREFOX ?? "/usr/bin/firefox-esr");
    return { executable, profile, port };
  }

  /**
   * Gives what the public side has at `port` the same port on the home's own loopback, through the NAT: a page there is
   * `http://localhost`, which browsers take for a secure context.
   *
   * @param {number} port
   */
  async bring(port) {
    await this.internet.start(this.space, process.execPath, [FORWARD, `127.0.0.1:${port}`, `${PUBLIC}:${port}`]);
  }
}
