// A TURN server of one test's own, so that it may be stopped and started; it takes the credentials of the service.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port of the loopback that nobody uses now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/**
 * @param {string} secret
 * @param {{ address: string, port: number, peers: string, tls?: { port: number, certificate: string, key: string } }} place
 *   `peers`: the network whose addresses may be relayed to
 */
export const relayConfiguration = (secret, { address, port, peers, tls }) => `
realm = "visavis"
secrets = [${JSON.stringify(secret)}]
listen = ["udp://${address}:${port}", "tcp://${address}:${port}"${tls ? `, "tls://${address}:${tls.port}"` : ""}]
${tls ? `tls = { certificate = "${tls.certificate}", key = "${tls.key}" }` : ""}
relay = { address = "${address}", ports = "49152-65535" }
peers = { allow = ["${peers}"] }
`;

export class Relay {
  /** @type {import("node:child_process").ChildProcess | undefined} */ #process;

  /** @param {string} binary @param {string} folder @param {string} address */
  constructor(binary, folder, address) {
    this.binary = binary;
    this.folder = folder;
    this.address = address;
  }

  /** @param {import("./stack.mjs").Ready} stack */
  static async start(stack) {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "visavis-relay-"));
    const place = { address: "127.0.0.1", port, peers: "127.0.0.0/8" };
    await writeFile(join(folder, "relay.toml"), relayConfiguration(stack.relay.secret, place));
    const relay = new Relay(stack.relay.binary, folder, `127.0.0.1:${port}`);
    await relay.start();
    return relay;
  }

  async start() {
    const child = spawn(this.binary, ["--config", join(this.folder, "relay.toml")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    await new Promise((resolve, reject) => {
      child.stdout.on("data", (chunk) => String(chunk).includes("ready") && resolve(undefined));
      child.on("exit", (code) => reject(new Error(`the TURN server ended with ${code}`)));
    });
  }

  /** At once, as in a crash: nobody is told. */
  async kill() {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  async stop() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
