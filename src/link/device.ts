// What the link asks of a device: one method per command, and what it tells of its model.

/** The running model, for INFO. Lengths in bytes. */
export interface ModelSummary {
	/** 0 or 1. */
	slot: number;
	/** The slot's sequence number. */
	sequence: number;
	length: number;
	crc: number;
	/** 32 bytes. */
	identity: Uint8Array;
	channels: number;
	/** Number of outputs. */
	outputs: number;
	heads: number;
	blocks: number;
	/** Steps of the model's sequences; 0: any number. */
	steps: number;
	/** Kernel bytes of arena. */
	arenaBytes: number;
	/** Not confirmed yet; undefined when a device of version 2 cannot tell. */
	onTrial?: boolean | undefined;
}

/** What the outputs of the running model mean, for OUTPUTS. */
export interface OutputMeaning {
	/** One of OutputKind. */
	kind: number;
	/** Scores at which an alarm begins and below which it ends; 0 without a detector. */
	threshold: number;
	release: number;
	/** Of each output, where they are values: value = output * scale + offset. */
	scaling: readonly { unit: string; scale: number; offset: number }[];
}

/**
 * What a device can do, one method per command. All are synchronous; errors go to the host as `failure` maps them. Views and
 * byte arrays passed in are valid during the call only. Each must tolerate an old request that arrives twice: hence the
 * offsets, steps and identities.
 */
export interface Device {
	/** Name and version of the firmware, and of the target that it runs on. */
	readonly firmware: string;
	readonly target: string;
	/** Toolchain of the firmware; empty when unknown. */
	readonly toolchain: string;
	/** Unit of the CPU counter, such as "cycles"; empty when there is none. */
	readonly counted: string;
	/** The 32 bytes of the key that signs what this device runs; undefined: it runs unsigned models. */
	readonly publicKey: Uint8Array | undefined;
	/** The running model, or undefined when no slot holds a runnable one. */
	model(): ModelSummary | undefined;
	/** Why models in slots do not run, in sentences; empty when there is nothing to tell. */
	refusals(): string;
	/** The lowest model version that a load may have. */
	minimumVersion(): number;
	/** Names of the running model's outputs. @throws LinkError when there is none */
	labels(): readonly string[];
	/** @throws LinkError when there is no model */
	meaning(): OutputMeaning;
	streaming(): number;
	/** Starts or resumes a load; `slot` 0, 1 or ANY_SLOT. */
	loadBegin(
		length: number,
		crc: number,
		slot: number,
		identity: Uint8Array,
	): { offset: number; slot: number; capacity: number };
	/** Takes bytes[start..end) at `offset` of the blob; returns the next expected offset. */
	loadChunk(offset: number, bytes: Uint8Array, start: number, end: number): number;
	loadCommit(identity: Uint8Array): { slot: number; sequence: number };
	loadAbort(identity: Uint8Array): void;
	/** Takes samples (int16, little-endian) as steps `step`, ... of sequence `run`; returns the next expected step. */
	infer(run: number, step: number, begin: boolean, bytes: Uint8Array, start: number, end: number): number;
	/** Outputs of the head for the current sequence. */
	outputs(): Int32Array;
	/** Turns the stream on or off; `window` and `hop` in steps, 0: the model's default. */
	stream(source: number, window: number, hop: number): void;
	/** Samples for the replay source; returns the next expected step. */
	samples(step: number, bytes: Uint8Array, start: number, end: number): number;
	/** Runs the running model's golden vectors. */
	selfTest(): { passed: number; total: number };
	/** Names and numbers, in bytes or counts; undefined: unknown. */
	memory(): object;
	/**
	 * Time of `steps` steps of the running model, in microseconds or, when `counting`, in ticks of the CPU counter: through the
	 * classifier, `chunk` samples per call, if `chunk` > 0, else the kernel alone. With `steps` 0: the clock's own overhead.
	 */
	timing(steps: number, chunk: number, counting: boolean): number;
	/** Rolls back from the model with this sequence number to the other slot's; returns what runs now. */
	rollback(sequence: number): { slot: number; sequence: number };
	/** Restarts; called once the reply is on its way. */
	reset(): void;
	/** Turns log events on or off. */
	logging(on: boolean): void;
	/** Sends the sensor's samples as they are, int16 by these scales, at `rate` Hz; 0 ends it. */
	record(rate: number, scales: Float32Array): void;
	/** Maps an error thrown by one of these methods to a reply. */
	failure(error: unknown): { status: number; detail: number; message: string };
}
