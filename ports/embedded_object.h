// ports/embedded_object.h: LANEWAY_EMBED(NAME, FILE): the bytes of FILE, from NAME_begin to
// NAME_end, in the program. By the assembler, since C++20 has no way to.
#pragma once

#define LANEWAY_EMBED(NAME, FILE)                \
  extern "C" const unsigned char NAME##_begin[]; \
  extern "C" const unsigned char NAME##_end[];   \
  asm(".pushsection .rodata\n"                   \
      ".balign 8\n"                              \
      ".global " #NAME "_begin\n" #NAME          \
      "_begin:\n"                                \
      ".incbin \"" FILE                          \
      "\"\n"                                     \
      ".global " #NAME "_end\n" #NAME            \
      "_end:\n"                                  \
      ".popsection\n")
