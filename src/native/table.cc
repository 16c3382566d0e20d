#include "kernels.h"

#define CAUDAL_TEXT(NAME) #NAME
#define CAUDAL_QUOTE(NAME) CAUDAL_TEXT(NAME)

namespace caudal::CAUDAL_ISA {

const Kernels table = {
    CAUDAL_QUOTE(CAUDAL_ISA),
    CAUDAL_WIDTH,
#define CAUDAL_ENTRY(NAME, ARGS) &NAME,
    CAUDAL_KERNELS(CAUDAL_ENTRY)
#undef CAUDAL_ENTRY
};

}  // namespace caudal::CAUDAL_ISA
