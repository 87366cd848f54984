// Makes one JavaScript module of a TypeScript application, for targets that have no compiler of their own: TypeScript
// removed, imports put in one file, native modules left to be imported by name.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
import esbuild from "rollup-plugin-esbuild";
import { projectPath } from "../files/project";
import { UserError } from "../terminal/errors";
import { nativeModules } from "./modules";

/** Where an application's bundle is kept unless it is said: under build/. */
function bundlePath(entry: string): string {
	const name = relative(projectPath("."), entry).replaceAll(/[^A-Za-z0-9]+/g, "-");
	return projectPath(`build/app/${name}.js`);
}

/**
 * Bundles an application and returns the path of the module.
 * @param entry TypeScript or JavaScript file whose default export starts the application
 * @param path where the module is written
 * @throws UserError when something can't be parsed or resolved; only native modules may stay outside
 */
export async function bundleApp(entry: string, path = bundlePath(entry)): Promise<string> {
	const refused: string[] = [];
	try {
		const bundle = await rollup({
			input: entry,
			external: Object.keys(nativeModules),
			// Installed, the project itself is in node_modules, and a tsconfig.json above it is not ours.
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
			if (!(name in nativeModules)) refused.push(`"${name}" is no module that a device has`);
		if (refused.length > 0) throw new Error(refused.join("\n"));
		mkdirSync(dirname(path), { recursive: true });
		// a file that stays as it is makes nothing that depends on it old
		if (existsSync(path) && readFileSync(path, "utf8") === output[0].code) return path;
		const temporary = `${path}.${process.pid}.tmp`;
		writeFileSync(temporary, output[0].code);
		renameSync(temporary, path);
	} catch (error) {
		throw new UserError(`${basename(entry)} can't be bundled: ${(error as Error).message}`);
	}
	return path;
}
