// Outputs smoothed over results, in integers.

export class Smoothed {
	readonly outputs: Int32Array;
	#exists = false;
	/** Outputs as the kernel gives them. */
	readonly #now: Int32Array;

	constructor(count: number) {
		this.outputs = new Int32Array(count);
		this.#now = new Int32Array(count);
	}

	/** The kernel's outputs; valid until the next call. */
	ofKernel(kernel: { outputs(buffer: ArrayBuffer): void }): Int32Array {
		kernel.outputs(this.#now.buffer as ArrayBuffer);
		return this.#now;
	}

	/** Moves `outputs` by 2^-shift of their difference from the kernel's; the first ones are the kernel's. */
	add(kernel: { outputs(buffer: ArrayBuffer): void }, shift: number): Int32Array {
		const { outputs } = this;
		const now = this.ofKernel(kernel);
		for (let i = 0; i < now.length; i++) {
			const output = now[i]!;
			// Shift before subtracting, so that no difference exceeds 32 bits.
			outputs[i]! += this.#exists ? (output >> shift) - (outputs[i]! >> shift) : output - outputs[i]!;
		}
		this.#exists = true;
		return outputs;
	}

	forget(): void {
		this.#exists = false;
	}

	/** Bytes of `keep`. */
	get bytes(): number {
		return 4 + 4 * this.outputs.length;
	}

	keep(view: DataView, at: number): void {
		view.setUint32(at, this.#exists ? 1 : 0, true);
		for (let i = 0; i < this.outputs.length; i++) view.setInt32(at + 4 + 4 * i, this.outputs[i]!, true);
	}

	recall(view: DataView, at: number): void {
		this.#exists = view.getUint32(at, true) === 1;
		for (let i = 0; i < this.outputs.length; i++) this.outputs[i] = view.getInt32(at + 4 + 4 * i, true);
	}
}
