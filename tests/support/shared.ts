// Where the optional material beside the project stands: real data sets and float checkpoints. The project builds and
// passes its tests without it; tests that can use it ask here and skip, by name, when it is not there.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/", import.meta.url));

/** Absolute path of an item under ../shared, or undefined when it does not exist on this machine. */
export function sharedPath(item: string): string | undefined {
	const path = root + item;
	return existsSync(path) ? path : undefined;
}
