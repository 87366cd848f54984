// The files that are made from the layouts, and what must stand in them.
import { blobTables } from "./blob-tables";
import { layoutHeader, layoutSource } from "./kernel-layout";

export interface Generated {
	/** Path from the project's root. */
	path: string;
	/** The whole file, from what is there now. */
	make(now: string): string;
}

export const GENERATED: readonly Generated[] = [
	{ path: "firmware/kernel/essm_layout.h", make: layoutHeader },
	{ path: "firmware/kernel/essm_layout.c", make: layoutSource },
	{ path: "docs/BLOB.md", make: blobTables },
];
