// The C kernel in Node, as WebAssembly: firmware/targets/wasm/essm.wasm, built from the same sources as on a device; no
// compiler needed. Each model has its own instance, and so its own memory, which is garbage-collected.
import { readFileSync } from "node:fs";
import { projectPath } from "../files/project";

/** The parts of WebAssembly used here, which Node's types lack. */
declare const WebAssembly: {
	Module: new (bytes: Uint8Array) => KernelModule;
	Instance: new (module: KernelModule) => { exports: unknown };
};

type Address = number;

/** The compiled kernel. */
export type KernelModule = object;

/** What essm.wasm exports: essm.h, and firmware/targets/wasm/model.c. Pointers are addresses in `memory`. */
interface Exports {
	memory: { buffer: ArrayBuffer; grow(pages: number): void };
	/** Start of memory that C code does not use. */
	__heap_base: { value: Address };
	essm_arena_size(blob: Address, length: number, size: Address): number;
	essm_preferred_arena_size(blob: Address, length: number, size: Address): number;
	essm_open(model: Address, blob: Address, length: number, arena: Address, arenaLength: number): number;
	essm_reset(model: Address): number;
	essm_write(model: Address, samples: Address, count: number): number;
	essm_outputs(model: Address, outputs: Address): number;
	essm_state_size(model: Address): number;
	essm_save_state(model: Address, state: Address, length: number): number;
	essm_restore_state(model: Address, state: Address, length: number): number;
	essm_error_name(code: number): Address;
	model_size(): number;
	model_channels(model: Address): number;
	model_outputs(model: Address): number;
	model_heads(model: Address): number;
	model_blocks(model: Address): number;
}

const WASM_PAGE = 65_536;

export function compileKernel(file: string): KernelModule {
	return new WebAssembly.Module(readFileSync(file));
}

let shipped: KernelModule | undefined;

function shippedKernel(): KernelModule {
	return (shipped ??= compileKernel(projectPath("firmware/targets/wasm/essm.wasm")));
}

/** An error code of the kernel, by its name in essm.h. */
export class KernelError extends Error {
	override name = "KernelError";
}

/** One open model of the C kernel. Same lifetime as in C: open, write, read outputs; nothing to free. */
export class Kernel {
	readonly channels: number;
	/** Number of outputs. */
	readonly outputCount: number;
	readonly heads: number;
	readonly blocks: number;
	/** For the smallest arena; memory here suffices for the preferred one. */
	readonly arenaBytes: number;
	readonly stateSize: number;
	readonly #c: Exports;
	readonly #model: Address;
	/** From here on memory is scratch of each call: samples, outputs, saved states. */
	readonly #scratch: Address;

	/** @param module another build of the kernel @throws KernelError for a refused blob */
	constructor(blob: Uint8Array, module = shippedKernel()) {
		this.#c = new WebAssembly.Instance(module).exports as Exports;
		this.#model = align(this.#c.__heap_base.value);
		const blobAt = align(this.#model + this.#c.model_size());
		const arena = align(blobAt + blob.length);
		this.#put(blobAt, blob);
		this.#check(this.#c.essm_arena_size(blobAt, blob.length, this.#room(arena, 4)));
		this.arenaBytes = this.#words(arena, 1)[0]!;
		this.#check(this.#c.essm_preferred_arena_size(blobAt, blob.length, arena));
		const bytes = this.#words(arena, 1)[0]!;
		this.#room(arena, bytes);
		this.#check(this.#c.essm_open(this.#model, blobAt, blob.length, arena, bytes));
		this.#scratch = align(arena + bytes);
		this.channels = this.#c.model_channels(this.#model);
		this.outputCount = this.#c.model_outputs(this.#model);
		this.heads = this.#c.model_heads(this.#model);
		this.blocks = this.#c.model_blocks(this.#model);
		this.stateSize = this.#c.essm_state_size(this.#model);
	}

	reset(): void {
		this.#check(this.#c.essm_reset(this.#model));
	}

	/** Feeds samples of `channels` values each. @throws RangeError on an incomplete sample, KernelError */
	write(samples: Int16Array): void {
		if (samples.length % this.channels)
			throw new RangeError(`samples: ${samples.length} values are not a whole number of samples`);
		const { buffer, byteOffset, byteLength } = samples;
		this.#put(this.#scratch, new Uint8Array(buffer, byteOffset, byteLength));
		this.#check(this.#c.essm_write(this.#model, this.#scratch, samples.length / this.channels));
	}

	/** Outputs of the head for the stream so far. @throws KernelError before the first sample */
	outputs(): Int32Array {
		this.#room(this.#scratch, 4 * this.outputCount);
		this.#check(this.#c.essm_outputs(this.#model, this.#scratch));
		return this.#words(this.#scratch, this.outputCount).slice();
	}

	saveState(): Uint8Array {
		this.#room(this.#scratch, this.stateSize);
		this.#check(this.#c.essm_save_state(this.#model, this.#scratch, this.stateSize));
		return this.#bytes(this.#scratch, this.stateSize).slice();
	}

	/** @throws KernelError for a damaged state, or that of another model */
	restoreState(state: Uint8Array): void {
		this.#put(this.#scratch, state);
		this.#check(this.#c.essm_restore_state(this.#model, this.#scratch, state.length));
	}

	#check(code: number): void {
		if (code === 0) return;
		const text = this.#bytes(this.#c.essm_error_name(code), 32);
		throw new KernelError(String.fromCharCode(...text.subarray(0, text.indexOf(0))));
	}

	/** Grows memory to hold `length` bytes at `address`. Views on grown memory are detached: make new ones. */
	#room(address: Address, length: number): Address {
		const missing = address + length - this.#c.memory.buffer.byteLength;
		if (missing > 0) this.#c.memory.grow(Math.ceil(missing / WASM_PAGE));
		return address;
	}

	#put(address: Address, bytes: Uint8Array): void {
		this.#room(address, bytes.length);
		this.#bytes(address, bytes.length).set(bytes);
	}

	#bytes(address: Address, length: number): Uint8Array {
		return new Uint8Array(this.#c.memory.buffer, address, length);
	}

	#words(address: Address, count: number): Int32Array {
		return new Int32Array(this.#c.memory.buffer, address, count);
	}
}

function align(address: Address): Address {
	return (address + 7) & ~7;
}
