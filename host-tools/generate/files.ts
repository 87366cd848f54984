// The generated files and their expected content.
import { arithmeticExamples } from "./arithmetic-examples";
import { blobTables } from "./blob-tables";
import { layoutHeader, layoutSource } from "./kernel-layout";
import { tablesSource } from "./kernel-tables";
import { placesSource } from "./places";

export interface Generated {
	/** Path from the project's root. */
	path: string;
	/** The new content of the file, from its current content. */
	make(now: string): string;
}

export const GENERATED: readonly Generated[] = [
	{ path: "firmware/kernel/essm_layout.h", make: layoutHeader },
	{ path: "firmware/kernel/essm_layout.c", make: layoutSource },
	{ path: "firmware/kernel/essm_tables.c", make: tablesSource },
	{ path: "src/blob/places.ts", make: placesSource },
	{ path: "docs/BLOB.md", make: blobTables },
	{ path: "docs/ARITHMETIC-EXAMPLES.md", make: arithmeticExamples },
];
