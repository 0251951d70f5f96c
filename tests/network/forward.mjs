// Carries TCP connections from one place to another: `node forward.mjs LISTEN TARGET`, each `host:port` or a socket file.
// A socket file reaches from one network namespace into another.

import net from "node:net";

/** @param {string} place */
function address(place) {
  if (place.startsWith("/")) return { path: place };
  const [host, port] = place.split(":");
  return { host, port: Number(port) };
}

const [listen, target] = process.argv.slice(2);
if (!listen || !target) throw new Error("usage: forward.mjs LISTEN TARGET");

const server = net.createServer((near) => {
  const far = net.connect(address(target));
  near.pipe(far).pipe(near);
  near.on("error", () => far.destroy()).on("close", () => far.destroy());
  far.on("error", () => near.destroy()).on("close", () => near.destroy());
});
server.listen(address(listen), () => console.log("ready"));
