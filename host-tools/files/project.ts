// Locates the project's files, whether this code runs from source or bundled.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(): string {
	let folder = dirname(fileURLToPath(import.meta.url));
	for (;;) {
		const file = join(folder, "package.json");
		if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "edge-ssm") return folder;
		const parent = dirname(folder);
		if (parent === folder) throw new Error("the project's package.json is not above " + import.meta.url);
		folder = parent;
	}
}

const root = findRoot();

/** Absolute path of something in the project, such as projectPath("firmware/app/main.ts"). */
export function projectPath(path: string): string {
	return join(root, path);
}

/** The project's version, from package.json. */
export const VERSION: string = JSON.parse(readFileSync(projectPath("package.json"), "utf8")).version;
