#pragma once

namespace dmf {

/// From now on the tensor operations of the calling thread run on it alone. For threads that prepare data
/// beside one that computes: a second OpenMP team would make both spin for processors that the other holds
/// (training steps took ten times longer). Other threads are not changed.
void use_one_thread_here();

}  // namespace dmf
