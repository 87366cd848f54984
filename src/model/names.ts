// The numbers that a blob uses for names, by position.

export const POOLINGS = Object.freeze(["mean", "last"] as const);
export const ACTIVATIONS = Object.freeze(["gelu", "gelu_tanh", "gelu_sigmoid"] as const);
