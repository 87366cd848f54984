// Bundles the command line for Node. What runs on XS is bundled by host-tools/simulator, on demand.

import { readFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import esbuild from "rollup-plugin-esbuild";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const external = [/^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))];

export default {
	input: {
		cli: "host-tools/cli/main.ts",
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
	plugins: [nodeResolve({ extensions: [".ts", ".js"] }), esbuild({ target: "node20" })],
};
