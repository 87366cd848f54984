// Bundles the command line and the API for Node, with the charts' packages in a chunk of their own, and the application for XS, so
// that an installed package needs neither a bundler nor vega.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import esbuild from "rollup-plugin-esbuild";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
/** Used where this runs from source only (host-tools/simulator/bundle.ts). */
const bundlers = ["rollup", "@rollup/plugin-node-resolve", "rollup-plugin-esbuild"];
/** Bundled, because many small files take longer to find than to run. */
const bundled = ["zod", "fflate"];
const external = [
	/^node:/,
	...[...Object.keys(dependencies).filter((name) => !bundled.includes(name)), ...bundlers].map(
		(name) => new RegExp(`^${name}(/|$)`),
	),
];
const resolve = nodeResolve({ extensions: [".ts", ".js"] });

/** Writes the licences of the packages whose code is bundled. */
const licences = {
	name: "licences",
	generateBundle(_options, bundle) {
		const folders = new Set();
		for (const chunk of Object.values(bundle))
			for (const id of Object.keys(chunk.modules ?? {})) {
				const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id) ?? [];
				if (folder) folders.add(folder);
			}
		const texts = [...folders].sort().map((folder) => {
			const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
			const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
			return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}\n`;
		});
		this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: texts.join(`\n${"-".repeat(72)}\n\n`) });
	},
};

const node = {
	input: {
		cli: "host-tools/cli/main.ts",
		index: "host-tools/api/index.ts",
		"evaluation-worker": "host-tools/evaluation/worker.ts",
	},
	output: {
		dir: "dist",
		format: "es",
		entryFileNames: "[name].js",
		chunkFileNames: "chunks/[name].js",
		banner: (chunk) => (chunk.name === "cli" ? "#!/usr/bin/env node" : ""),
	},
	external,
	plugins: [resolve, esbuild({ target: "node20" }), licences],
	onwarn(warning, warn) {
		// d3's own
		if (warning.code !== "CIRCULAR_DEPENDENCY" || !/node_modules/.test(warning.message)) warn(warning);
	},
};

/** The application for each target (host-tools/simulator/application.ts); native modules stay outside. */
const applications = {
	host: "firmware/app/main.ts",
	board: "firmware/targets/host/board.ts",
	rv32: "firmware/targets/rv32/main.ts",
	esp32c3: "firmware/targets/esp32c3/main.ts",
};

const application = ([target, input]) => ({
	input,
	output: {
		dir: "dist",
		entryFileNames: `applications/${target}.js`,
		format: "es",
		inlineDynamicImports: true,
	},
	external: (id, importer) => importer !== undefined && !id.startsWith(".") && !existsSync(id),
	plugins: [resolve, esbuild({ target: "es2022", tsconfig: false })],
});

/** `@ "name"`, which only XS reads, as native() of XS 17, which the SDK's mcpack and every other tool read too. */
const nativeSyntax = {
	name: "native-syntax",
	transform: (code) =>
		code
			.replace(/^class (\w+) @ "(\w+)"/m, 'class $1 extends Native("$2")')
			.replace(/^\t(\w+)\((.*)\) @ "(\w+)"$/gm, (_line, method, parameters, name) => {
				const call = `native("${name}").call(this${parameters && `, ${parameters}`})`;
				return `\t${method}(${parameters}) { ${method === "constructor" ? "super();" : "return"} ${call}; }`;
			}),
};

/** What applications of the Moddable SDK include (firmware/library), each in one module: no TypeScript is compiled there. */
const library = (name, input = `firmware/library/${name}/${name}.ts`) => ({
	input,
	output: {
		dir: "dist",
		entryFileNames: `moddable/${name}.js`,
		format: "es",
		// mcpack takes names with this prefix from manifests
		paths: (id) => `moddable:${id}`,
	},
	external: /^edge-ssm\//,
	treeshake: { moduleSideEffects: false },
	plugins: input.endsWith(".ts") ? [resolve, esbuild({ target: "es2022", tsconfig: false })] : [nativeSyntax],
});

export default [
	node,
	...Object.entries(applications).map(application),
	library("classifier", "firmware/library/classifier/classifier.js"),
	...["estimator", "detector", "sensor", "store", "link"].map((name) => library(name)),
];
