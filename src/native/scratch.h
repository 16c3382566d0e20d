// Memory that a thread keeps from call to call: fresh pages cost more than what is done with them.
#pragma once

namespace caudal {

enum Slot { kWeights, kImage, kSlope, kSums, kSlots };

// `floats` floats of this thread's, at the start of a cache line; valid until the thread asks for the same slot again.
float* scratch(Slot slot, long floats);

}  // namespace caudal
