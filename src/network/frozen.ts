/**
 * Deep-freezes a constant made of arrays and object literals. Mutable objects in flash cost firmware RAM, so the linker of XS
 * warns of them.
 */
export function frozen<T>(constant: T): T {
	if (Array.isArray(constant) || isLiteral(constant)) {
		Object.freeze(constant);
		Object.values(constant as object).forEach(frozen);
	}
	return constant;
}

/** Except functions and module namespaces, which are immutable. */
function isLiteral(value: unknown): boolean {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
