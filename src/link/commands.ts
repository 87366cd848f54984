// The vocabulary of the link: numbers of commands and errors, fixed lengths. docs/LINK.md defines each payload to the byte.

/** Commands, the third byte of a frame. Numbers are never reused. */
export const Command = Object.freeze({
	INFO: 1,
	LABELS: 2,
	LOAD_BEGIN: 3,
	LOAD_CHUNK: 4,
	LOAD_COMMIT: 5,
	LOAD_ABORT: 6,
	INFER: 7,
	STREAM: 8,
	SAMPLES: 9,
	SELF_TEST: 10,
	MEMORY: 11,
	TIMING: 12,
	ROLLBACK: 13,
	RESET: 14,
	LOG: 15,
	RECORD: 16,
	OUTPUTS: 17,
} as const);

/** The name of a command; what is not known here has only its number. */
export function commandName(command: number): string {
	for (const [name, number] of Object.entries(Command)) if (number === command) return name;
	return `command ${command}`;
}

/** Status of a reply, the fourth byte of a frame. All but OK carry a u32 detail and a sentence. */
export const Status = Object.freeze({
	OK: 0,
	/** The frame is of another version of the link. */
	VERSION: 1,
	/** The device does not know the command. */
	COMMAND: 2,
	/** The payload is too short, too long or holds a value out of range. */
	PAYLOAD: 3,
	/** No slot holds a runnable model. */
	NO_MODEL: 4,
	/** The device is busy with something exclusive, such as streaming. */
	BUSY: 5,
	/** Bytes or samples do not follow the last ones; detail is the offset or step to continue from. */
	OFFSET: 6,
	/** Against the rules of the model store: too large, running slot, no older model. */
	REFUSED: 7,
	/** The received bytes are not those announced. */
	DAMAGED: 8,
	/** Golden vectors failed; detail is how many passed. */
	SELF_TEST: 9,
	/** A software or hardware fault; the sentence tells what is known. */
	INTERNAL: 10,
	/** The model did not start, three times, and was given up; another runs if there is one. */
	GIVEN_UP: 11,
} as const);

/** Bits of the flags in an INFER request. */
export const InferFlag = Object.freeze({ BEGIN: 1, OUTPUTS: 2, EACH: 4 } as const);

/** What a model gives, as the reply to OUTPUTS says: a label, values, or alarms. */
export const OutputKind = Object.freeze({ LABEL: 0, VALUES: 1, ALARM: 2 } as const);

/** In a result's event in place of a number of a label, where the model tells none; a detector's flags are added. */
export const NO_LABEL = 0xfffc;
export const AlarmFlag = Object.freeze({ ON: 1, CHANGED: 2 } as const);

/** Sources of a STREAM request. */
export const StreamSource = Object.freeze({ OFF: 0, SENSOR: 1, REPLAY: 2 } as const);

/** Clocks of a TIMING request. */
export const TimingClock = Object.freeze({ MICROSECONDS: 0, COUNTER: 1 } as const);

/** Slot numbers in payloads: 0 is model_a, 1 is model_b. */
export const ANY_SLOT = 255;
export const IDENTITY_LENGTH = 32;
/** Bytes of a blob in one LOAD_CHUNK: the payload without its offset. */
export const CHUNK_LENGTH = 512;

/** An error reported to the other side as `status` with a sentence. */
export class LinkError extends Error {
	readonly status: number;
	/** An offset, a step or a count, as `Status` says; else 0. */
	readonly detail: number;

	constructor(status: number, message: string, detail = 0) {
		super(message);
		this.status = status;
		this.detail = detail;
	}
}
