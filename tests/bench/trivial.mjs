// The least that a worker can do: what the service's request rates are measured against.

export default {
  fetch: () => Response.json({ status: "ok" }),
};
