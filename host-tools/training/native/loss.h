// What classification minimizes, of one sample's logits. In double.
#ifndef LOSS_H
#define LOSS_H

#define MAX_CLASSES 256

/** The mean over samples, each counted by its class's weight. */
typedef struct {
	double smoothing;            // fraction of the target that is spread over all classes
	const double *class_weights; // (classes)
	double weight_sum;           // of the batch's samples
	const float *teacher;        // (rows of the data set, classes) logits; NULL: none
	double distill, temperature; // with a teacher: its fraction of the loss
} Objective;

/** A sample's part of the loss, and its derivatives by the logits. `teacher`: the sample's logits, or NULL. */
double classification_loss(const Objective *objective, const double *logits, int classes, int label, const float *teacher,
	double *slope);

#endif
