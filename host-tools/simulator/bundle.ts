// Bundles a TypeScript application into one JavaScript module, for targets without a compiler: types removed, imports inlined,
// native modules still imported by name.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
import esbuild from "rollup-plugin-esbuild";
import { projectPath } from "../files/project";
import { UserError } from "../terminal/errors";
import { nativeModules } from "./modules";

/** Default path of an application's bundle, under build/. */
function bundlePath(entry: string): string {
	const name = relative(projectPath("."), entry).replaceAll(/[^A-Za-z0-9]+/g, "-");
	return projectPath(`build/app/${name}.js`);
}

/**
 * Bundles an application and returns the path of the module.
 * @param entry TypeScript or JavaScript file whose default export starts the application
 * @param path of the module to write
 * @throws UserError when something can't be parsed or resolved; only native modules may stay outside
 */
export async function bundleApp(entry: string, path = bundlePath(entry)): Promise<string> {
	const refused: string[] = [];
	try {
		const bundle = await rollup({
			input: entry,
			external: Object.keys(nativeModules),
			// When installed, the project is in node_modules, and a tsconfig.json above it is not ours.
			plugins: [
				nodeResolve({ extensions: [".ts", ".js"] }),
				esbuild({ target: "es2022", exclude: [], tsconfig: false }),
			],
			onLog: (_level, log) => {
				if (log.code === "UNRESOLVED_IMPORT" || log.code === "CIRCULAR_DEPENDENCY") refused.push(log.message);
			},
		});
		const { output } = await bundle.generate({ format: "es", inlineDynamicImports: true });
		await bundle.close();
		for (const name of output[0].imports)
			if (!(name in nativeModules)) refused.push(`"${name}" is not a device module`);
		if (refused.length > 0) throw new Error(refused.join("\n"));
		mkdirSync(dirname(path), { recursive: true });
		// an unchanged file keeps its dependents up to date
		if (existsSync(path) && readFileSync(path, "utf8") === output[0].code) return path;
		const temporary = `${path}.${process.pid}.tmp`;
		writeFileSync(temporary, output[0].code);
		renameSync(temporary, path);
	} catch (error) {
		throw new UserError(`${basename(entry)} can't be bundled: ${(error as Error).message}`);
	}
	return path;
}
