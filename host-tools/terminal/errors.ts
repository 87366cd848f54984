// The one error that a person is meant to read: its message is a sentence naming the thing and the remedy. Anything else
// that is thrown is a defect of ours and is shown with its stack.

/** An error caused by what the user gave us (a file, a flag, a device); shown as its message alone, exit code 1. */
export class UserError extends Error {
	override name = "UserError";
}
