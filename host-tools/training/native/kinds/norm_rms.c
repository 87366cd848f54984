// RMSNorm before the mixer and after the residual addition; see norm_step.h.
#include "norm_step.h"

NORM_STEP_KINDS(rms, 0)
