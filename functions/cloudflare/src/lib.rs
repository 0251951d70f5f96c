//! The ports of the service on Cloudflare Workers.
