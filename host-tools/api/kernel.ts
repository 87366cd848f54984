// The kernel with its interface on devices (src/classifier/model.ts).
import type { Kernel as DeviceKernel, KernelClass } from "../../src/classifier/model";
import { Kernel } from "../kernel/kernel";

export const KernelOfDevice: KernelClass = class implements DeviceKernel {
	readonly #kernel: Kernel;
	readonly heads: number;
	readonly blocks: number;
	readonly stateSize: number;

	constructor(blob: Uint8Array) {
		this.#kernel = new Kernel(blob);
		({ heads: this.heads, blocks: this.blocks, stateSize: this.stateSize } = this.#kernel);
	}

	static arenaSize(blob: Uint8Array): number {
		return new Kernel(blob).arenaBytes;
	}

	get channels(): number {
		return this.#kernel.channels;
	}

	get outputCount(): number {
		return this.#kernel.outputCount;
	}

	get arenaBytes(): number {
		return this.#kernel.arenaBytes;
	}

	write(samples: ArrayBuffer | Uint8Array, byteOffset = 0, count?: number): void {
		const bytes = samples instanceof Uint8Array ? samples : new Uint8Array(samples);
		const end = count === undefined ? bytes.length : byteOffset + 2 * count * this.channels;
		if (end > bytes.length) throw new RangeError("samples outside buffer");
		this.#kernel.write(new Int16Array(bytes.slice(byteOffset, end).buffer));
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
		this.#kernel.restoreState(buffer.subarray(0, this.stateSize));
	}

	close(): void {}
};
