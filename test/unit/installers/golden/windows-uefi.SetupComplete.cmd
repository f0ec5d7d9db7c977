@echo off
rem app-1: runs once, at the end of Windows' setup in the installed system, as SYSTEM.
set URL=http://192.0.2.1:8080/a/token

for %%d in (D E F G H I J K L M N O P Q R S T U V W X Y Z) do if exist %%d:\guest-agent\qemu-ga-x86_64.msi msiexec /i %%d:\guest-agent\qemu-ga-x86_64.msi /qn /norestart
for %%d in (D E F G H I J K L M N O P Q R S T U V W X Y Z) do if exist %%d:\vioserial\w11\amd64\vioser.inf pnputil /add-driver %%d:\vioserial\w11\amd64\vioser.inf /install

rem The passwords of the answer file are not left behind.
del /q %WINDIR%\Panther\unattend.xml %WINDIR%\Panther\Unattend\unattend.xml 2>NUL
call :post report "hostname=%COMPUTERNAME%&users=Administrator"
call :post booted "hostname=%COMPUTERNAME%"
exit /b 0

:post
set TRY=0
:again
%WINDIR%\System32\curl.exe -fsS -o NUL --max-time 20 --data "%~2" %URL%/%1 && exit /b 0
set /a TRY+=1
if %TRY% geq 20 exit /b 1
ping -n 4 127.0.0.1 >NUL
goto again
