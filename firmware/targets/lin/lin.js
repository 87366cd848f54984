// lin: connects the application to the simulator's event loop. The code is in lin.c.

export default function start() @ "xs_lin_start";
export function resetCause() @ "xs_lin_resetCause";
