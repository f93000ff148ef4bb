// RUN: not lw-opt %s --lw-make-separable="report=xml" 2>&1 | FileCheck %s --check-prefix=REPORT
// RUN: not lw-opt %s --lw-make-separable="terms=-1" 2>&1 | FileCheck %s --check-prefix=TERMS
// RUN: not lw-opt %s --lw-make-separable="min-gain=-2" 2>&1 | FileCheck %s --check-prefix=GAIN
// REPORT: error: unknown report 'xml'; expected table, remarks or none
// TERMS: error: expects terms to be zero or more, found -1
// GAIN: error: expects weight-error to be finite and min-gain to be zero or more
func.func @empty() {
  return
}
