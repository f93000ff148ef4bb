// RUN: not lw-opt %s --lw-print-cost="format=yaml" 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not lw-opt %s --lw-print-cost="format=none json=%t.missing/cost.json" 2>&1 | FileCheck %s --check-prefix=FILE
// FORMAT: error: unknown format 'yaml'; expected table, json or none
// FILE: error: cannot write '{{.*}}.missing/cost.json'
func.func @empty() {
  return
}
