/*
 * model.c - what a caller outside C must know of struct essm, whose layout it can not see. Everything else that essm.wasm
 * exports is essm.h.
 */
#include "essm.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

uint32_t EXPORT(model_size)(void) { return sizeof(essm); }

uint32_t EXPORT(model_channels)(const essm *model) { return model->channels; }

uint32_t EXPORT(model_outputs)(const essm *model) { return model->outputs; }

uint32_t EXPORT(model_heads)(const essm *model) { return model->heads; }

uint32_t EXPORT(model_blocks)(const essm *model) { return model->blocks; }
