// The numbers that a blob uses for names, by position.

export const POOLINGS = ["mean", "last"] as const;
export const ACTIVATIONS = ["gelu", "gelu_tanh", "gelu_sigmoid"] as const;
