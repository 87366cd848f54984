// The C kernel as native code, for tests and benchmarks: the shared library that firmware/kernel/Makefile builds from the
// current sources, also sanitized, called through koffi.
import koffi from "koffi";
import { builtLibrary } from "../files/library";
import { KernelError } from "./kernel";

const extension = process.platform === "darwin" ? "dylib" : "so";

let built: string | undefined;

/** Path of the kernel's library, built once per process. @throws UserError */
function kernelLibrary(): string {
	return (built ??= builtLibrary("The kernel", "firmware/kernel", `build/kernel/libessm.${extension}`));
}

function load(path: string) {
	const library = koffi.load(path);
	return {
		open: library.func(
			"int essm_open(void *model, const void *blob, uint32_t length, void *arena, uint32_t arena_length)",
		),
		arenaSize: library.func("int essm_arena_size(const void *blob, uint32_t length, _Out_ uint32_t *size)"),
		preferredArenaSize: library.func(
			"int essm_preferred_arena_size(const void *blob, uint32_t length, _Out_ uint32_t *size)",
		),
		reset: library.func("int essm_reset(void *model)"),
		write: library.func("int essm_write(void *model, const void *samples, uint32_t count)"),
		outputs: library.func("int essm_outputs(const void *model, void *outputs)"),
		stateSize: library.func("uint32_t essm_state_size(const void *model)"),
		saveState: library.func("int essm_save_state(const void *model, void *state, uint32_t length)"),
		restoreState: library.func("int essm_restore_state(void *model, const void *state, uint32_t length)"),
		errorName: library.func("const char *essm_error_name(int code)"),
	};
}

type Library = ReturnType<typeof load>;
const libraries = new Map<string, Library>();

function libraryAt(path: string): Library {
	let library = libraries.get(path);
	if (!library) {
		library = load(path);
		libraries.set(path, library);
	}
	return library;
}

/** Memory that C may read as 32-bit words: Node aligns every ArrayBuffer to 8. Empty input is not a null pointer. */
function aligned(bytes: Uint8Array): Uint8Array {
	if (bytes.length === 0) return new Uint8Array(4);
	return bytes.byteOffset & 3 ? new Uint8Array(bytes) : bytes;
}

/** struct essm of firmware/kernel/essm.h. */
const MODEL = koffi.struct({
	...Object.fromEntries(["blob", "arena", "encoder", "firstBlock", "head"].map((name) => [name, "void *"])),
	...Object.fromEntries(
		["blobLength", "arenaLength", "residual", "signal", "rows"].map((name) => [name, "uint32_t"]),
	),
	channels: "uint16_t",
	outputs: "uint16_t",
	heads: "uint16_t",
	blocks: "uint8_t",
	mean: "uint8_t",
	residualBits: "uint8_t",
	needsY: "uint8_t",
	keep: "uint8_t",
	opened: "uint8_t",
});

/** One open model of the C kernel. Same lifetime as in C: open, write, read outputs; nothing to free. */
export class NativeKernel {
	readonly channels: number;
	/** Number of outputs. */
	readonly outputCount: number;
	readonly arena: Uint8Array;
	readonly #library: Library;
	readonly #model = new Uint8Array(koffi.sizeof(MODEL));
	readonly #blob: Uint8Array;

	/**
	 * @param libraryPath another build of the kernel, such as the sanitized one
	 * @param arena the smallest, or one that keeps unpacked rows
	 * @throws KernelError for a refused blob
	 */
	constructor(blob: Uint8Array, libraryPath = kernelLibrary(), arena: "smallest" | "preferred" = "smallest") {
		this.#library = libraryAt(libraryPath);
		this.#blob = aligned(blob);
		const size = [0];
		const sizeOf = arena === "smallest" ? this.#library.arenaSize : this.#library.preferredArenaSize;
		this.#check(sizeOf(this.#blob, blob.length, size));
		this.arena = new Uint8Array(size[0]!);
		this.#check(this.#library.open(this.#model, this.#blob, blob.length, this.arena, this.arena.length));
		const { channels, outputs } = koffi.decode(this.#model, MODEL) as { channels: number; outputs: number };
		this.channels = channels;
		this.outputCount = outputs;
	}

	#check(code: number): void {
		if (code !== 0) throw new KernelError(this.#library.errorName(code));
	}

	reset(): void {
		this.#check(this.#library.reset(this.#model));
	}

	/** Feeds samples of `channels` values each. @throws RangeError on an incomplete sample, KernelError */
	write(samples: Int16Array): void {
		if (samples.length % this.channels)
			throw new RangeError(`samples: ${samples.length} values are not a whole number of samples`);
		this.#check(this.#library.write(this.#model, samples, samples.length / this.channels));
	}

	/** Outputs of the head for the stream so far. @throws KernelError before the first sample */
	outputs(): Int32Array {
		const outputs = new Int32Array(this.outputCount);
		this.#check(this.#library.outputs(this.#model, outputs));
		return outputs;
	}

	saveState(): Uint8Array {
		const state = new Uint8Array(this.#library.stateSize(this.#model));
		this.#check(this.#library.saveState(this.#model, state, state.length));
		return state;
	}

	restoreState(state: Uint8Array): void {
		this.#check(this.#library.restoreState(this.#model, state, state.length));
	}
}
