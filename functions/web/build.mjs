// Builds the widget, the desk, the console and the home page into dist/, with a manifest of what there is.
//
//   node functions/web/build.mjs [--out DIRECTORY]
//
// Names carry the hash of the content and every entry its integrity value, so the same sources give the same files. Fails
// when a script is larger than its budget.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: join(here, "dist") } } });
const out = resolve(values.out);
const src = join(here, "src");

/** Bytes, gzipped: what a customer's page loads before the click, what a call needs in one language to be seen and heard,
 *  and what comes behind it. */
const budgets = [
  [/^loader$/, 5_000],
  [/^call-/, 45_000],
  [/^more$/, 16_000],
];
export const languages = ["de", "en", "fr", "it"];

const manifest = { entries: {}, assets: {} };
const files = new Map();

function add(path, content) {
  const bytes = Buffer.from(content);
  files.set(path, bytes);
  manifest.assets[path] = {
    integrity: `sha384-${createHash("sha384").update(bytes).digest("base64")}`,
    bytes: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
  };
  return path;
}

/** Adds a file under a name that changes with its content. */
function addHashed(folder, name, extension, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return add(`${folder}/${name}-${hash}${extension}`, content);
}

/** Shortens templates and the styles in them: esbuild leaves strings alone. In the widget `rem` is 16 px: the page around
 *  it may have set its root's size to anything. */
function shrinkStyles(widget) {
  return {
    name: "styles",
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const contents = readFileSync(path, "utf8").replace(/\bcss`([^`]*)`/g, (_, text) => {
          let style = text
            .replace(/\/\*.*?\*\//gs, "")
            .replace(/\s+/g, " ")
            .replace(/ ?([{};,]) ?/g, "$1")
            .replace(/: /g, ":")
            .replace(/;}/g, "}")
            .trim();
          if (widget) style = style.replace(/(\d*\.?\d+)rem\b/g, (_, size) => `${Number(size) * 16}px`);
          return `css\`${style}\``;
        });
        // What indents the source indents the templates in it.
        return { contents: contents.replace(/\n[ \t]+/g, "\n"), loader: "ts" };
      });
      onLoad({ filter: /\/src\/.*\.css$/ }, async ({ path }) => {
        const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
        return { contents: code.trim(), loader: "text" };
      });
    },
  };
}

/** Makes the second script of a call take what `widget/shared.ts` names from the first. */
const sharedModules = {
  name: "shared",
  setup({ onResolve, onLoad }) {
    const listed = readFileSync(join(src, "widget/shared.ts"), "utf8").matchAll(/^ {2}"?([\w./-]+)"?: \{([^}]*)\}/gm);
    const shared = new Map([...listed].map(([, path, names]) => [path, names.replace(/:\s*\w+/g, "")]));
    onResolve({ filter: /./ }, ({ path, importer }) => {
      const name = path.startsWith(".") ? relative(src, resolve(dirname(importer), path)) : path;
      return shared.has(name) ? { path: name, namespace: "shared" } : undefined;
    });
    // Each name by itself: one that is missing fails the build.
    onLoad({ filter: /./, namespace: "shared" }, ({ path }) => ({
      contents: `const { shared } = customElements.get("visavis-call-view");
export const {${shared.get(path)}} = shared[${JSON.stringify(path)}];`,
    }));
  },
};

async function script(folder, name, entry, { define = {}, plugins = [] } = {}) {
  const { outputFiles } = await build({
    ...entry,
    absWorkingDir: here,
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    charset: "utf8",
    legalComments: "none",
    conditions: ["browser", "production"],
    define,
    plugins: [...plugins, shrinkStyles(folder === "widget")],
    footer: entry.stdin || folder === "app" ? { js: "/* With Lit, © Google LLC, BSD-3-Clause. */" } : {},
  });
  const content = outputFiles[0].text;
  const path = addHashed(folder, name, ".js", content);
  manifest.entries[name] = path;
  return path;
}

/** A page's own references, relative to it, become built files with integrity values. */
async function page(path) {
  const folder = dirname(path);
  let html = readFileSync(path, "utf8");
  for (const [whole, attribute, reference] of [...html.matchAll(/\b(src|href)="(\.{1,2}\/[^"]+)"/g)]) {
    const target = resolve(folder, reference);
    const extension = extname(target);
    let built;
    if (extension === ".ts") {
      const file = basename(target, ".ts");
      const name = file === "main" || file === "index" ? basename(folder) : file;
      built = manifest.entries[name] ?? (await script("app", name, { entryPoints: [target] }));
    } else if (extension === ".css") {
      const { outputFiles } = await build({
        entryPoints: [target],
        minify: true,
        write: false,
        loader: { ".css": "css" },
      });
      built = addHashed("app", basename(target, extension), extension, outputFiles[0].text);
    } else {
      built = addHashed("app", basename(target, extension), extension, readFileSync(target));
    }
    const checked = extension === ".ts" || extension === ".css";
    const integrity = checked ? ` integrity="${manifest.assets[built].integrity}"` : "";
    html = html.replace(whole, `${attribute}="/${built}"${integrity}`);
  }
  const name = basename(path);
  manifest.entries[basename(path, ".html") === "index" ? "home" : `${basename(path, ".html")}-page`] = add(name, html);
}

const calls = {};
for (const language of languages) {
  const contents = `import { panel } from "./text/panel/${language}.ts";
import { view } from "./text/view/${language}.ts";
import { define } from "./widget/panel.ts";
define("${language}", panel, view);`;
  const path = await script("widget", `call-${language}`, { stdin: { contents, resolveDir: src, loader: "ts" } });
  calls[language] = [basename(path), manifest.assets[path].integrity];
}
const more = await script(
  "widget",
  "more",
  { entryPoints: [join(src, "widget/more.ts")] },
  { plugins: [sharedModules] },
);
await script(
  "widget",
  "loader",
  { entryPoints: [join(src, "widget/loader.ts")] },
  {
    define: {
      CALL_SCRIPTS: JSON.stringify(calls),
      MORE_SCRIPT: JSON.stringify([basename(more), manifest.assets[more].integrity]),
    },
  },
);
for (const folder of readdirSync(src).sort()) {
  for (const file of readdirSync(join(src, folder)).sort()) {
    if (file.endsWith(".html")) await page(join(src, folder, file));
  }
}

// Complete or not at all: whoever serves it never sees half a build.
const fresh = `${out}.new`;
rmSync(fresh, { recursive: true, force: true });
for (const [path, bytes] of files) {
  mkdirSync(dirname(join(fresh, path)), { recursive: true });
  writeFileSync(join(fresh, path), bytes);
}
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(
  join(fresh, "manifest.json"),
  `${JSON.stringify({ entries: sorted(manifest.entries), assets: sorted(manifest.assets) }, null, 2)}\n`,
);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

let failed = false;
for (const [name, path] of Object.entries(sorted(manifest.entries))) {
  const { bytes, gzip } = manifest.assets[path];
  const [, budget] = budgets.find(([pattern]) => pattern.test(name)) ?? [];
  const over = budget !== undefined && gzip > budget;
  failed ||= over;
  const limit = budget === undefined ? "" : ` of ${budget}${over ? ": TOO LARGE" : ""}`;
  console.log(`${name.padEnd(14)} ${String(bytes).padStart(7)} bytes, gzip ${String(gzip).padStart(6)}${limit}`);
}
console.log(`${relative(process.cwd(), out) || "."}: ${files.size} files`);
if (failed) process.exitCode = 1;
