// The C kernel on Node as the device's code has it on XS.
import { NativeKernel } from "../../host-tools/kernel/native";
import type { Kernel, KernelClass } from "../../src/classifier/model";

/** The class that devices have as the module "essm/kernel". */
export function nodeKernel(): KernelClass {
	return class implements Kernel {
		static arenaSize(blob: Uint8Array): number {
			return new NativeKernel(blob).arena.length;
		}

		readonly #kernel: NativeKernel;
		readonly heads = 0;
		readonly blocks = 0;

		constructor(blob: Uint8Array) {
			this.#kernel = new NativeKernel(blob);
		}

		get channels() {
			return this.#kernel.channels;
		}

		get outputCount() {
			return this.#kernel.outputCount;
		}

		get arenaBytes() {
			return this.#kernel.arena.length;
		}

		get stateSize() {
			return this.#kernel.saveState().length;
		}

		write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
			const bytes = samples instanceof Uint8Array ? samples : new Uint8Array(samples);
			const size = 2 * this.channels;
			const end = count === undefined ? bytes.length : byteOffset + count * size;
			const copy = bytes.slice(byteOffset, end);
			this.#kernel.write(new Int16Array(copy.buffer, 0, copy.length / 2));
		}

		outputs(buffer: ArrayBuffer): void {
			new Int32Array(buffer).set(this.#kernel.outputs());
		}

		reset(): void {
			this.#kernel.reset();
		}

		saveState(buffer: Uint8Array): void {
			buffer.set(this.#kernel.saveState());
		}

		restoreState(buffer: Uint8Array): void {
			this.#kernel.restoreState(buffer);
		}

		close(): void {}
	};
}
