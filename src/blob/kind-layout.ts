// The bytes that name a section's kind.
import { frozen } from "../network/frozen";
import { type Layout, RESERVED } from "../network/layout";

/** A section with one component begins with its kind. */
export function kindLayout(name: string, kinds: Readonly<Record<string, { readonly id: number }>>): Layout {
	return frozen({
		name,
		about: `kind of the ${name}`,
		sizes: [],
		fields: [
			{ path: "kind", type: "u8", allowed: { kinds }, about: `kind of the ${name}` },
			RESERVED,
			RESERVED,
			RESERVED,
		],
		parts: [],
	});
}
