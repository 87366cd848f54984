// The list of faults of `npm run mutants` fits the kernel as it is: each text is there once.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KERNEL_MUTANTS } from "../mutation/kernel-mutants";

test.each(KERNEL_MUTANTS)("$file: $find", ({ file, find, replace }) => {
	expect(readFileSync(`firmware/kernel/${file}`, "utf8").split(find)).toHaveLength(2);
	expect(replace).not.toBe(find);
});
