// Building blocks of pages: escaped text, tables, sections, a style; one self-contained file, whose only script shows what marks say.
import { createHash } from "node:crypto";
import { printable } from "../terminal/printable";
import { TIP_SCRIPT, TIP_STYLE } from "./tips";

/** Escapes text for HTML, including attributes. */
export function harmless(text: string): string {
	return printable(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export const grouped = (n: number) => n.toLocaleString("en-US");

/** A displayed number, with its exact value and its name in report.json. */
export function figure(path: string, value: number, text = grouped(value)): string {
	return `<span data-path="${path}" data-value="${value}">${text}</span>`;
}

export const percent = (right: number, count: number) => `${((100 * right) / count).toFixed(2)} %`;

export function tile(title: string, value: string, note = ""): string {
	return `<div class="tile"><p>${title}</p><strong>${value}</strong>${note && `<small>${note}</small>`}</div>`;
}

/** @param head a soft hyphen where a long word may be broken on a small screen */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const cells = (tag: string, row: readonly string[]) =>
		row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
	return `<div class="wide"><table><thead><tr>${cells("th", head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("")}</tbody></table></div>`;
}

export function section(title: string, ...parts: string[]): string {
	return `<section><h2>${title}</h2>${parts.join("\n")}</section>`;
}

export const paragraph = (text: string) => `<p>${text}</p>`;

/** @param file name of the SVG file next to the page */
export function drawing(svg: string, file: string): string {
	return `<figure class="wide">${svg}<figcaption><small>also as ${file}</small></figcaption></figure>`;
}

const STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1b1f26;--soft:#5c6470;--line:#d9dde3;--tile:#f4f6f8}
@media(prefers-color-scheme:dark){:root{--page:#14171c;--ink:#e6e9ee;--soft:#9aa3b0;--line:#313842;--tile:#1d2229}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:.5rem 0;overflow-wrap:anywhere}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
p{margin:.4rem 0}small,figcaption{color:var(--soft);overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1rem 0}
.tile{background:var(--tile);border-radius:.5rem;padding:.7rem .9rem}.tile p{margin:0;color:var(--soft);font-size:.85rem}
.tile strong{display:block;font-size:1.35rem}.tile small{display:block;font-size:.8rem}
.wide{overflow-x:auto;margin:.6rem 0}figure>svg{display:block;width:100%;height:auto;color:var(--ink)}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft);vertical-align:bottom}
[data-value],.n{white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
@media(max-width:40rem){body{padding:.8rem}table{font-size:.7rem}th,td{padding-right:.3rem}}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
tr:has(.chosen){background:var(--tile)}
pre{background:var(--tile);border-radius:.5rem;padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}${TIP_STYLE}`;

/** The file. Only one that has marks with titles has a script, and a browser runs no other. */
export function document(title: string, body: readonly string[]): string {
	const script = body.some((part) => part.includes("<title>")) ? TIP_SCRIPT : undefined;
	const hash = script && createHash("sha256").update(script).digest("base64");
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'${hash ? `; script-src 'sha256-${hash}'` : ""}">
<title>${harmless(title)} - edge-ssm</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${body.join("\n")}${script ? `\n<script>${script}</script>` : ""}
</body>
</html>
`;
}
