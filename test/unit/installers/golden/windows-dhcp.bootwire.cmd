@echo off
rem web-1, profile golden: runs in Windows PE, before Setup. Whatever it does is on the screen.
set URL=http://192.0.2.1:8080/a/token
cd /d X:\Windows\System32

rem VirtIO: without these there is neither a disk nor a network. The CD gets the letter V, which unattend.xml goes by.
set VIRTIO=
for %%d in (C D E F G H I J K L M N O P Q R S T U V W Y Z) do if exist %%d:\NetKVM\w11\amd64\netkvm.inf set VIRTIO=%%d
if not defined VIRTIO goto novirtio
drvload %VIRTIO%:\NetKVM\w11\amd64\netkvm.inf
drvload %VIRTIO%:\vioscsi\w11\amd64\vioscsi.inf
drvload %VIRTIO%:\viostor\w11\amd64\viostor.inf
if /i %VIRTIO%==V goto network
echo select volume=%VIRTIO%>X:\letter.txt
echo assign letter=V>>X:\letter.txt
diskpart /s X:\letter.txt
goto network
:novirtio
echo Bootwire: no CD drive holds the virtio-win ISO, going on without its drivers
:network
wpeinit
call :post started

set SOURCE=
for %%d in (C D E F G H I J K L M N O P Q R S T U V W Y Z) do (
  if exist %%d:\sources\install.wim set SOURCE=%%d
  if exist %%d:\sources\install.esd set SOURCE=%%d
  if exist %%d:\sources\install.swm set SOURCE=%%d
)
if defined SOURCE goto setup
call :fail "no CD drive holds the Windows ISO (sources\install.wim)"

:setup
call :post progress "percent=10&text=Setup+runs"
rem Without /noreboot the machine would be gone before it could say that it is done.
start "" /wait %SOURCE%:\sources\setup.exe /unattend:X:\Windows\System32\unattend.xml /noreboot
if errorlevel 1 call :fail "Setup failed"
set TARGET=
for %%d in (C D E F G H I J K L M N O P Q R S T U V W Y Z) do if exist %%d:\Windows\System32\ntoskrnl.exe set TARGET=%%d
if not defined TARGET call :fail "Setup ended without having installed Windows"
mkdir %TARGET%:\Windows\Setup\Scripts
copy /y X:\Windows\System32\SetupComplete.cmd %TARGET%:\Windows\Setup\Scripts\SetupComplete.cmd
call :post done
wpeutil reboot
exit /b 0

rem post NAME [FORM]: tells Bootwire; with patience, as the network may not be up yet.
:post
set TRY=0
:again
curl.exe -fsS -o NUL --max-time 20 --data "%~2" %URL%/%1 && exit /b 0
set /a TRY+=1
if %TRY% geq 20 exit /b 1
ping -n 4 127.0.0.1 >NUL
goto again

rem fail REASON: tells Bootwire, with Setup's log, and starts the machine again a minute later.
:fail
echo Bootwire: FAILED: %~1
if not exist X:\Windows\Panther\setuperr.log echo no log>X:\Windows\Panther\setuperr.log
curl.exe -fsS -o NUL --max-time 20 --data-urlencode "reason=%~1" --data-urlencode "log@X:\Windows\Panther\setuperr.log" %URL%/failed
ping -n 60 127.0.0.1 >NUL
wpeutil reboot
exit
