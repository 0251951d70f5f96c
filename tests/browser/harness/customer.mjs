// A customer's website on an origin of its own: one page with the snippet under a strict content security policy.

import { once } from "node:events";
import http from "node:http";

/** @param {string} snippet */
const page = (snippet) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Garden tools</title>
</head>
<body>
<main>
<h1>Garden tools</h1>
<p>Spades, rakes and good advice.</p>
</main>
${snippet}
</body>
</html>
`;

/** What the page has without the widget; browsers ask for an icon by themselves. */
const OWN = "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page's own policy with what the widget needs added to it. @param {string} needed */
function strict(needed) {
  /** @type {Map<string, string[]>} */
  const directives = new Map();
  for (const directive of `${OWN}; ${needed}`.split(";")) {
    const [name = "", ...sources] = directive.trim().split(/\s+/);
    if (name)
      directives.set(name, [...(directives.get(name) ?? []).filter((source) => source !== "'none'"), ...sources]);
  }
  return [...directives].map(([name, sources]) => [name, ...sources].join(" ")).join("; ");
}

/** Listens on a free port of 127.0.0.1; the snippet and its policy come once the organisation exists. */
export class Customer {
  #server = http.createServer((request, response) => {
    if (request.url !== "/shop?basket=secret" && request.url !== "/shop") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": strict(this.policy),
      "cache-control": "no-store",
    });
    response.end(page(this.snippet));
  });
  snippet = "";
  /** What the console says that a strict page has to add. */
  policy = "";

  static async open() {
    const customer = new Customer();
    customer.#server.listen(0, "127.0.0.1");
    await once(customer.#server, "listening");
    return customer;
  }

  get origin() {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${port}`;
  }

  /** The page with the widget; its query must never reach an expert. */
  get page() {
    return `${this.origin}/shop?basket=secret`;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
