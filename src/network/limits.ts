/** Hard limits of reader, writer and kernel alike; those of a kind are in its layout. */
export const LIMITS = Object.freeze({
	H: 1024,
	blocks: 32,
	channels: 256,
	/** Longest sequence under mean pooling: 65,536 * 32,767 fits int32. */
	meanSteps: 65536,
	notesBytes: 65536,
	blobBytes: 1 << 24,
} as const);
