// Bundles and runs one benchmark of this folder: npm run bench -- NAME [ARGUMENTS]. Without a name, lists them.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = fileURLToPath(new URL(".", import.meta.url));
const names = readdirSync(folder)
	.filter((file) => file.endsWith(".ts"))
	.map((file) => file.slice(0, -3));
const [name, ...args] = process.argv.slice(2);

if (!names.includes(name)) {
	if (name !== undefined) console.error(`error: there is no benchmark ${JSON.stringify(name)}.`);
	console.error("npm run bench -- NAME, with NAME one of:");
	for (const each of names) {
		// The first sentence of the file says what it measures.
		const head = /^(?:\/\/.*\n)+/.exec(readFileSync(`${folder}${each}.ts`, "utf8"))[0];
		const [sentence] = head
			.replaceAll(/^\/\/ ?/gm, "")
			.replaceAll("\n", " ")
			.split(/[:.] /);
		console.error(`  ${each.padEnd(12)}${sentence}`);
	}
	process.exit(1);
}
const outfile = fileURLToPath(new URL(`../build/bench/${name}.js`, import.meta.url));
const target = { bundle: true, platform: "node", format: "esm", packages: "external" };
await build({ entryPoints: [`${folder}${name}.ts`], outfile, logLevel: "warning", ...target });
process.exit(spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" }).status ?? 1);
