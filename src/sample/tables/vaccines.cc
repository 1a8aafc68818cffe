// The childhood schedule of the United States, in its common form.
#include "sample/tables/vaccines.h"

namespace vesta::sample {
namespace {

constexpr Code kHepatitisB = cvx("08", "Hep B, adolescent or pediatric");
constexpr Code kRotavirus = cvx("119", "rotavirus, monovalent");
constexpr Code kDtap = cvx("20", "DTaP");
constexpr Code kHib = cvx("49", "Hib (PRP-OMP)");
constexpr Code kPneumococcal = cvx("133", "Pneumococcal conjugate PCV 13");
constexpr Code kPolio = cvx("10", "IPV");
constexpr Code kMmr = cvx("03", "MMR");
constexpr Code kVaricella = cvx("21", "varicella");
constexpr Code kHepatitisA = cvx("83", "Hep A, ped/adol, 2 dose");
constexpr Code kTdap = cvx("115", "Tdap");
constexpr Code kHpv = cvx("165", "HPV9");
constexpr Code kMeningococcal = cvx("114", "meningococcal MCV4P");

constexpr Dose kChildhood[] = {{kHepatitisB, 0, 1, 3, 8'200},    {kHepatitisB, 1, 2, 3, 8'200},
                               {kRotavirus, 2, 1, 2, 13'100},    {kDtap, 2, 1, 5, 9'400},
                               {kHib, 2, 1, 3, 7'300},           {kPneumococcal, 2, 1, 4, 18'900},
                               {kPolio, 2, 1, 4, 8'100},         {kRotavirus, 4, 2, 2, 13'100},
                               {kDtap, 4, 2, 5, 9'400},          {kHib, 4, 2, 3, 7'300},
                               {kPneumococcal, 4, 2, 4, 18'900}, {kPolio, 4, 2, 4, 8'100},
                               {kHepatitisB, 6, 3, 3, 8'200},    {kDtap, 6, 3, 5, 9'400},
                               {kPneumococcal, 6, 3, 4, 18'900}, {kPolio, 6, 3, 4, 8'100},
                               {kHib, 12, 3, 3, 7'300},          {kPneumococcal, 12, 4, 4, 18'900},
                               {kMmr, 12, 1, 2, 9'900},          {kVaricella, 12, 1, 2, 14'600},
                               {kHepatitisA, 12, 1, 2, 8'800},   {kDtap, 15, 4, 5, 9'400},
                               {kHepatitisA, 18, 2, 2, 8'800},   {kDtap, 48, 5, 5, 9'400},
                               {kPolio, 48, 4, 4, 8'100},        {kMmr, 48, 2, 2, 9'900},
                               {kVaricella, 48, 2, 2, 14'600},   {kTdap, 132, 1, 1, 8'600},
                               {kHpv, 132, 1, 2, 24'300},        {kMeningococcal, 132, 1, 2, 15'700},
                               {kHpv, 144, 2, 2, 24'300},        {kMeningococcal, 192, 2, 2, 15'700}};

}  // namespace

std::span<const Dose> childhood_doses() {
  return kChildhood;
}

}  // namespace vesta::sample
