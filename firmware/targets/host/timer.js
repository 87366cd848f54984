// timer: like the Moddable SDK's module of that name. Declarations only; the code is in timer.c.

class Timer {
	static set(callback, interval, repeat) @ "xs_timer_set"
	static repeat(callback, interval) @ "xs_timer_repeat"
	static schedule(timer, interval, repeat) @ "xs_timer_schedule"
	static clear(timer) @ "xs_timer_clear"
	static delay(milliseconds) @ "xs_timer_delay"
}

export default Timer;
