// The files generated from the layouts, and their expected content.
import { blobTables } from "./blob-tables";
import { layoutHeader, layoutSource } from "./kernel-layout";

export interface Generated {
	/** Path from the project's root. */
	path: string;
	/** The new content of the file, from its current content. */
	make(now: string): string;
}

export const GENERATED: readonly Generated[] = [
	{ path: "firmware/kernel/essm_layout.h", make: layoutHeader },
	{ path: "firmware/kernel/essm_layout.c", make: layoutSource },
	{ path: "docs/BLOB.md", make: blobTables },
];
