# laneway_bpf(NAME USER DEPENDS...): compiles NAME.bpf.c for the kernel's own machine; USER, a source
# file, takes the object in (.incbin) as LANEWAY_BPF_OBJECT. libbpf needs the types that -g describes.
find_program(CLANG clang REQUIRED)
function(laneway_bpf name user)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CLANG} -target bpf -O2 -g -Wall -Wextra -Werror -I ${PROJECT_SOURCE_DIR}
      -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -c ${CMAKE_CURRENT_SOURCE_DIR}/${name}.bpf.c -o ${object}
    DEPENDS ${name}.bpf.c ${ARGN}
    COMMENT "Compiling ${name} for the kernel" VERBATIM)
  set_source_files_properties(${user} PROPERTIES
    OBJECT_DEPENDS ${object}
    COMPILE_DEFINITIONS LANEWAY_BPF_OBJECT="${object}")
endfunction()
