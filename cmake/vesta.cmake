# vesta_module(NAME DEPENDS modules... LIBRARIES external...): one module, by the suffixes of its files.
#   x.cc        the static library vesta_NAME (slashes become underscores)
#   x_test.cc   the test binary vesta_NAME_test, see vesta_gtest
#   x_fuzz.cc   a libFuzzer binary each (VESTA_FUZZ=ON, clang), one ctest entry; its seeds: corpus/x_fuzz/ beside it
#   x_bench.cc  a google-benchmark binary each, run tiny by ctest
# With TOGETHER its cases run in few processes, those that match TOGETHER_LIKE do, see vesta_gtest. Those that match
# OF_ONE_THREAD have but one that does anything, and take long: they are not run with the thread sanitizer.
# Its files are compiled several at a time, but for those of APART: tests with helpers that others have too.
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
include(GoogleTest)

add_library(vesta_options INTERFACE)
target_include_directories(vesta_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_options(vesta_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wno-error=deprecated-declarations)
target_link_libraries(vesta_options INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(vesta_options INTERFACE -Wthread-safety -Wno-unqualified-std-cast-call)
endif()
if(VESTA_SANITIZE)
  target_compile_options(vesta_options INTERFACE
    -fsanitize=${VESTA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(vesta_options INTERFACE -fsanitize=${VESTA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Warnings by data flow are false alarms in instrumented code; the release build has them all.
    target_compile_options(vesta_options INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized -Wno-restrict)
  endif()
  if(VESTA_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences are beyond what g++'s thread sanitizer models; what they order is ordered by mutexes too.
    target_compile_options(vesta_options INTERFACE -Wno-tsan)
  endif()
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Meant for headers: here a class of one .cc file may have members of types that are this file's own.
  target_compile_options(vesta_options INTERFACE -Wno-subobject-linkage)
endif()
find_program(VESTA_MOLD mold)
if(VESTA_MOLD)
  target_link_options(vesta_options INTERFACE -fuse-ld=mold)
endif()

# Of the undefined-behaviour sanitizer all but what takes a third of the time to compile, and finds little beside the
# address sanitizer.
if(VESTA_SANITIZE MATCHES "undefined")
  target_compile_options(vesta_options INTERFACE -fno-sanitize=null,alignment,object-size)
endif()
# What the tests of a sanitizer build wait for, where `./dev test` makes it beside other tests.
set(built)
if(VESTA_SANITIZE)
  set(built FIXTURES_REQUIRED ${VESTA_TEST_PREFIX}build)
endif()

# What a configuration builds to be tested; `ninja vesta_checks`.
add_custom_target(vesta_checks)
add_custom_target(vesta_fuzzers)

# vesta_gtest(TARGET LABEL): the cases of a GoogleTest binary. In the release build one ctest entry each, in a process
# of its own. A process of a sanitizer build takes long to start: there an entry is a part of the cases, in one process.
# So it is everywhere with TOGETHER: for cases that share what takes long to start, as a database. TOGETHER_LIKE: for
# those that match this filter of GoogleTest alone, which sanitizer builds leave out.
# Unit tests are hardly optimized, there not at all: they take most of the time of a build, and little of a run.
# (Nor are the inline functions that they share with what they test.)
set(sanitizer_parts 3)
# For the tests of Parquet, if ./dev setup could fetch it; they skip without, and in sanitizer builds, which see no code
# of a library that others have built.
if(NOT VESTA_SANITIZE)
  file(GLOB VESTA_DUCKDB_LIBRARY ${CMAKE_SOURCE_DIR}/tools/parquet/node_modules/@duckdb/*/libduckdb.so)
endif()
set(with_duckdb ENVIRONMENT_MODIFICATION VESTA_DUCKDB=set:${VESTA_DUCKDB_LIBRARY})
function(vesta_gtest target label)
  cmake_parse_arguments(ARG "TOGETHER" "TOGETHER_LIKE;OF_ONE_THREAD" "" ${ARGN})
  if(label STREQUAL "unit" AND VESTA_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  elseif(label STREQUAL "unit")
    target_compile_options(${target} PRIVATE -Og)
  endif()
  if(NOT VESTA_SANITIZE AND NOT ARG_TOGETHER)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_PREFIX "${VESTA_TEST_PREFIX}"
      TEST_FILTER "-${ARG_TOGETHER_LIKE}" PROPERTIES LABELS ${label} TIMEOUT 600 ${with_duckdb}
      ENVIRONMENT "VESTA_SHARED_DATA=${VESTA_SHARED_DATA}")
    if(NOT ARG_TOGETHER_LIKE)
      return()
    endif()
    set(cases ${ARG_TOGETHER_LIKE})
  else()
    set(left_out ${ARG_TOGETHER_LIKE})
    if(VESTA_SANITIZE STREQUAL "thread")
      list(APPEND left_out ${ARG_OF_ONE_THREAD})
    endif()
    list(JOIN left_out : left_out)
    set(cases -${left_out})
  endif()
  foreach(part RANGE 1 ${sanitizer_parts})
    math(EXPR index "${part} - 1")
    set(environment VESTA_SHARED_DATA=${VESTA_SHARED_DATA} GTEST_TOTAL_SHARDS=${sanitizer_parts}
      GTEST_SHARD_INDEX=${index})
    set(name ${VESTA_TEST_PREFIX}${target}.${part})
    add_test(NAME ${name} COMMAND ${target} --gtest_filter=${cases})
    # COST: before the short ones, so that no core waits for them at the end.
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 900 COST 100 ${with_duckdb} ${built}
      ENVIRONMENT "${environment}")
  endforeach()
endfunction()

function(vesta_module name)
  cmake_parse_arguments(ARG "TOGETHER" "TOGETHER_LIKE;OF_ONE_THREAD"
    "DEPENDS;LIBRARIES;SOURCES;TEST_DEPENDS;APART" ${ARGN})
  set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  string(REPLACE "/" "_" target ${name})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR})
  # A module's own sub-folders belong to it, unless they are modules themselves (they have a CMakeLists.txt).
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${dir}/*.cc)
  foreach(file ${files})
    get_filename_component(folder ${file} DIRECTORY)
    while(NOT folder STREQUAL dir)
      if(EXISTS ${folder}/CMakeLists.txt)
        list(REMOVE_ITEM files ${file})
        break()
      endif()
      get_filename_component(folder ${folder} DIRECTORY)
    endwhile()
  endforeach()
  set(tests ${files})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(fuzzers ${files})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  set(benches ${files})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  set(sources ${files})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cc$")

  set(depends vesta_options)
  foreach(dependency ${ARG_DEPENDS})
    string(REPLACE "/" "_" dependency ${dependency})
    list(APPEND depends vesta_${dependency})
  endforeach()
  set(test_depends)
  foreach(dependency ${ARG_TEST_DEPENDS})
    string(REPLACE "/" "_" dependency ${dependency})
    list(APPEND test_depends vesta_${dependency})
  endforeach()

  if(sources OR ARG_SOURCES)
    add_library(vesta_${target} STATIC ${sources} ${ARG_SOURCES})
    target_link_libraries(vesta_${target} PUBLIC ${depends} ${ARG_LIBRARIES})
  else()
    add_library(vesta_${target} INTERFACE)
    target_link_libraries(vesta_${target} INTERFACE ${depends} ${ARG_LIBRARIES})
  endif()
  if(VESTA_FUZZ AND fuzzers AND (sources OR ARG_SOURCES))
    # What is fuzzed tells the fuzzer where it has been; in all else, and in tests, that would be for nothing.
    target_compile_options(vesta_${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  set(wanted FALSE)
  if(VESTA_TESTS STREQUAL "all" OR name IN_LIST VESTA_TESTS)
    set(wanted TRUE)
  endif()
  if(tests AND wanted)
    add_executable(vesta_${target}_test ${tests})
    target_link_libraries(vesta_${target}_test PRIVATE vesta_${target} ${test_depends} GTest::gtest_main)
    add_dependencies(vesta_checks vesta_${target}_test)
    set(together)
    if(ARG_TOGETHER)
      set(together TOGETHER)
    elseif(ARG_TOGETHER_LIKE)
      set(together TOGETHER_LIKE ${ARG_TOGETHER_LIKE})
    endif()
    if(ARG_OF_ONE_THREAD)
      list(APPEND together OF_ONE_THREAD ${ARG_OF_ONE_THREAD})
    endif()
    vesta_gtest(vesta_${target}_test unit ${together})
  endif()
  if(VESTA_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${target}_${fuzzer} ${file})
      target_link_libraries(${target}_${fuzzer} PRIVATE vesta_${target} ${test_depends})
      target_compile_options(${target}_${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_options(${target}_${fuzzer} PRIVATE -fsanitize=fuzzer)
      add_dependencies(vesta_fuzzers ${target}_${fuzzer})
      get_filename_component(folder ${file} DIRECTORY)
      set(found ${CMAKE_BINARY_DIR}/found/${target}_${fuzzer})
      file(MAKE_DIRECTORY ${found})
      set(seeds)
      if(EXISTS ${folder}/corpus/${fuzzer})
        set(seeds ${folder}/corpus/${fuzzer})
      endif()
      add_test(NAME fuzz.${target}_${fuzzer}
        COMMAND ${target}_${fuzzer} -max_total_time=${VESTA_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048
                -print_final_stats=1 -artifact_prefix=${CMAKE_BINARY_DIR}/found/ ${found} ${seeds})
      set_tests_properties(fuzz.${target}_${fuzzer} PROPERTIES LABELS fuzz TIMEOUT 3600 ${built})
    endforeach()
  endif()
  if(benches AND CMAKE_BUILD_TYPE STREQUAL "Release")
    find_package(benchmark REQUIRED)
    foreach(file ${benches})
      get_filename_component(bench ${file} NAME_WE)
      add_executable(${target}_${bench} ${file})
      target_link_libraries(${target}_${bench} PRIVATE vesta_${target} ${test_depends} benchmark::benchmark_main)
      # Tiny: proves that it runs, measures nothing.
      add_test(NAME ${VESTA_TEST_PREFIX}bench.${target}_${bench}
        COMMAND ${target}_${bench} --benchmark_min_time=0.001)
      set_tests_properties(${VESTA_TEST_PREFIX}bench.${target}_${bench} PROPERTIES LABELS bench TIMEOUT 120)
    endforeach()
  endif()
endfunction()
