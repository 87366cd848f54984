// Which labels are no events.
import { UserError } from "../terminal/errors";

/** Names that are no event where nobody says which are. */
const NAMES = /^(background|none|null|rest|idle|noise|other|unknown|silence)$/i;

/** @param given what people say is background; undefined: by name @throws UserError when there is no such label */
export function backgroundOf(labels: Iterable<string>, given?: readonly string[]): string[] {
	const all = [...new Set(labels)];
	const missing = given?.find((label) => !all.includes(label));
	if (missing !== undefined)
		throw new UserError(`There is no label "${missing}"; there are ${all.join(", ")}.`);
	return given ? [...given] : all.filter((label) => NAMES.test(label));
}
