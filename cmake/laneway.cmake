# What every target of the project is built with, and one call per kind of target.
include(CMakePushCheckState)
include(GoogleTest)

add_library(laneway_options INTERFACE)
target_compile_options(laneway_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
  -fstack-protector-strong -fstack-clash-protection -fcf-protection)
target_include_directories(laneway_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_link_options(laneway_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
find_program(LLD ld.lld)
if(LLD)
  target_link_options(laneway_options INTERFACE -fuse-ld=lld)
endif()
if(LANEWAY_WERROR)
  target_compile_options(laneway_options INTERFACE -Werror)
endif()
if(LANEWAY_SANITIZE)
  target_compile_options(laneway_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  target_compile_definitions(laneway_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(laneway_options INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(laneway_options INTERFACE
    $<$<CONFIG:RelWithDebInfo>:-U_FORTIFY_SOURCE
      -D_FORTIFY_SOURCE=3 $<$<BOOL:$<TARGET_PROPERTY:LANEWAY_TEST>>:-O1>>)
  target_compile_definitions(laneway_options INTERFACE $<$<CONFIG:RelWithDebInfo>:_GLIBCXX_ASSERTIONS>)
endif()

# One library a folder: SOURCES, HEADERS, PUBLIC and PRIVATE libraries. FRAME_PATH: frames and fuzzing run
# through it, so it is optimised under the sanitizers too; the rest is not, for a faster build.
function(laneway_library name)
  cmake_parse_arguments(ARG "FRAME_PATH" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  # A header that its own source includes first has been compiled alone there.
  set(sourced)
  set(alone)
  foreach(header ${ARG_HEADERS})
    string(REGEX REPLACE "h$" "cc" source ${header})
    if(source IN_LIST ARG_SOURCES)
      list(APPEND sourced ${header})
    else()
      list(APPEND alone ${header})
    endif()
  endforeach()
  target_sources(${name} PUBLIC
    FILE_SET sourced TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${sourced}
    FILE_SET alone TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${alone})
  set_target_properties(${name} PROPERTIES INTERFACE_HEADER_SETS_TO_VERIFY alone)
  target_link_libraries(${name} PUBLIC laneway_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(ARG_FRAME_PATH AND LANEWAY_SANITIZE)
    target_compile_options(${name} PRIVATE -O1)
  elseif(ARG_FRAME_PATH)
    # DPDK's own -march=corei7 would tune for CPUs of 2008: bsf where today's have tzcnt.
    target_compile_options(${name} PRIVATE -mtune=generic)
  endif()
endfunction()

# One GoogleTest program: SOURCES, LIBS, LABEL (unit, scenario, eal, netns), TIMEOUT in seconds.
# Each test is one CTest test named FOLDER.Suite.Name with the label.
function(laneway_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  # What is tested is optimised as a whole; the tests a little, for a faster build.
  set_target_properties(test_${name} PROPERTIES LANEWAY_TEST ON)
  target_link_libraries(test_${name} PRIVATE laneway_options ${ARG_LIBS} GTest::gtest_main)
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
