// What the library's classes make of their option `model`: a partition by its name, or bytes in flash. The kernel checks them; what
// is wrong is told in a sentence.
import Kernel from "edge-ssm/kernel";
import { BlobError, type BlobErrorName } from "../../../src/blob/blob-error";
import type { ModelStreamOptions } from "../../../src/classifier/model-stream";
import { readOutline } from "../../../src/classifier/outline";
import { bytesOf } from "./bytes";

export type LibraryOptions<O> = Omit<O, "model" | "kernel"> & {
	/** The label of a partition; or bytes in flash, such as `new Resource("gesture.essm")`: they are read in place. */
	model: string | ArrayBufferLike | Uint8Array;
};

const PREFIX = "ESSM_E_";
/** By the kernel's names of errors (firmware/kernel/essm.h). */
const REFUSALS: Readonly<Partial<Record<BlobErrorName, string>>> = Object.freeze({
	MAGIC: 'the bytes do not begin with "ESSM".',
	VERSION: "the blob is of another format or arithmetic; update edge-ssm, and pack the checkpoint again.",
	CRC: "the CRC-32 does not match.",
	TRUNCATED: "there are fewer bytes than the blob states.",
	KIND: "the blob has a component that this kernel does not have.",
	SECTION: "a required section is not known here; update edge-ssm, and the firmware with it.",
});

/** The options with the model opened and the kernel. @throws Error with one sentence when there is no model that can run */
export function withModel<O extends { model: unknown }>(
	options: O,
): Omit<O, "model"> & Pick<ModelStreamOptions, "model" | "kernel"> {
	const bytes = bytesOf(options?.model);
	try {
		Kernel.arenaSize(bytes);
	} catch (error) {
		const { message } = error as Error; // a debug build puts the function's name before it
		const at = message.indexOf(PREFIX);
		if (at < 0) throw error;
		const name = message.slice(at + PREFIX.length) as BlobErrorName;
		throw new BlobError(name, REFUSALS[name] ?? "the blob is damaged.");
	}
	return { ...options, model: readOutline(bytes), kernel: Kernel };
}
